import createClient from 'openapi-fetch';
import { paywall } from './paywall';
import { Problem, type ProblemDocument, Unreachable } from './problem';
import type { paths } from './schema';

/**
 * Same origin: the session's cookie goes with every request. One that is refused for want of tokens waits for them; see
 * `paywall`.
 */
export const api = createClient<paths>({
  fetch: async (request) => {
    try {
      return await paywall.fetch(request);
    } catch (cause) {
      throw new Unreachable('the server cannot be reached', { cause });
    }
  },
});

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of an answer that says yes; throws a `Problem` for one that says no, an `Unreachable` for none. */
export async function answered<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await call;
  if (response.ok) return data as Data;
  throw new Problem(isProblem(error) ? error : unnamed(response));
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
  return { type: 'about:blank', title: response.statusText, status: response.status, code: 'unknown' };
}
