import createClient from 'openapi-fetch';
import { paywall } from './paywall';
import { Problem, type ProblemDocument, UNNAMED, Unreachable } from './problem';
import type { paths } from './schema';

/** Where the API is, and as whom it is asked. */
export interface ApiOptions {
  /** Begins the address of every request; empty for the page's own origin. */
  baseUrl: string;
  /** A host's token of the member, asked for before every request; none where there is a session's cookie. */
  getToken?: () => string | null | undefined | Promise<string | null | undefined>;
}

let options: ApiOptions = { baseUrl: '' };

/** For a host; our own pages are where the API is, and have a cookie. */
export function configureApi(given: ApiOptions): void {
  options = { ...given, baseUrl: given.baseUrl.replace(/\/$/, '') };
}

/**
 * A session's cookie goes with every request to our own origin. One that is refused for want of tokens waits for them; see
 * `paywall`.
 */
export const api = createClient<paths>({
  // Which address it is, is known when a request is made.
  Request: class extends Request {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === 'string' ? options.baseUrl + input : input, init);
    }
  },
  fetch: ask,
});

async function ask(request: Request): Promise<Response> {
  try {
    return await paywall.fetch(request, undefined, send);
  } catch (cause) {
    throw new Unreachable('the server cannot be reached', { cause });
  }
}

/** As who is here by then. */
async function send(request: Request): Promise<Response> {
  const token = await options.getToken?.();
  if (token) request.headers.set('Authorization', `Bearer ${token}`);
  return fetch(request);
}

/** A file of the API, where a link would not say who asks. */
export async function getFile(path: string): Promise<Blob> {
  const response = await ask(new Request(options.baseUrl + path));
  if (!response.ok) throw new Problem(unnamed(response));
  return response.blob();
}

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of an answer that says yes; throws a `Problem` for one that says no, an `Unreachable` for none. */
export async function answered<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await read(call);
  if (response.ok) return data as Data;
  throw new Problem(isProblem(error) ? error : unnamed(response));
}

/** An answer that breaks off is none: what the server has done is not known. */
async function read<Data>(call: Promise<Answer<Data>>): Promise<Answer<Data>> {
  try {
    return await call;
  } catch (cause) {
    if (cause instanceof Unreachable) throw cause;
    throw new Unreachable('the answer cannot be read', { cause });
  }
}

/** As `answered`; null where nobody is signed in. */
export async function ifSignedIn<Data>(call: Promise<Answer<Data>>): Promise<Data | null> {
  try {
    return await answered(call);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

/** For the header of a POST that moves money or tokens: the same key again is the same request. */
export const newKey = (): string => crypto.randomUUID();

function isProblem(body: unknown): body is ProblemDocument {
  return typeof body === 'object' && body !== null && 'code' in body;
}

/** What a proxy in between has said. */
function unnamed(response: Response): ProblemDocument {
  return { type: 'about:blank', title: response.statusText, status: response.status, code: UNNAMED };
}
