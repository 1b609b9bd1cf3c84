import type { Breaker } from './breaker.js';
import {
  type AnyBillingError,
  isProblemDocument,
  isUnreachable,
  problemOf,
  RateLimitedError,
  UnreachableError,
} from './errors.js';

/** Every one may be sent again: it only reads, or carries an Idempotency-Key, or ends a hold. */
export interface Asked {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  /** The credentials are the member's own token, and not the service key. */
  ownToken: boolean;
  body?: string;
  signal?: AbortSignal | undefined;
}

/** Billing said yes. */
export interface Answered {
  /** Null with 304. */
  body: object | null;
  etag: string | null;
  replayed: boolean;
}

/** How long to try. Milliseconds. */
export interface Patience {
  timeout: number;
  totalTimeout: number;
  maxAttempts: number;
}

/** The first wait is up to this long; each later one twice as long as the one before it. */
const BACKOFF = 100;
const LONGEST_BACKOFF = 2_000;

/** Sends until billing has answered, the attempts are used up, or the next wait would go beyond the total time. */
export async function exchange(asked: Asked, patience: Patience, breaker: Breaker): Promise<Answered> {
  asked.signal?.throwIfAborted();
  // What cannot be a header is a mistake in the program, and must not look like an outage.
  const headers = new Headers(asked.headers);
  const pause = breaker.wait();
  if (pause > 0)
    throw new UnreachableError('not asked, because it did not answer a moment ago', pause / 1000, true);
  const deadline = performance.now() + patience.totalTimeout;
  for (let tried = 1; ; tried += 1) {
    const left = Math.max(deadline - performance.now(), 1);
    const verdict = await attempt(asked, headers, Math.min(patience.timeout, left));
    if (!(verdict instanceof Error)) {
      breaker.reached();
      return verdict;
    }
    const delay = (verdict.retryAfter ?? 0) * 1000 + backoff(tried);
    if (tried < patience.maxAttempts && worthAnotherTry(verdict) && performance.now() + delay < deadline) {
      await sleep(delay, asked.signal);
      continue;
    }
    if (isUnreachable(verdict)) {
      breaker.failed();
      throw verdict;
    }
    breaker.reached();
    // As a rule by an attempt of this very call, which billing is slow to answer.
    if (isInUse(verdict))
      throw new UnreachableError('the first attempt still runs', verdict.retryAfter, true, {
        cause: verdict,
      });
    throw verdict;
  }
}

async function attempt(asked: Asked, headers: Headers, timeout: number): Promise<Answered | AnyBillingError> {
  const late = AbortSignal.timeout(Math.ceil(timeout));
  const signal = asked.signal ? AbortSignal.any([late, asked.signal]) : late;
  const { url, method } = asked;
  const body = asked.body === undefined ? {} : { body: asked.body };
  try {
    const response = await fetch(url, { method, headers, ...body, signal, redirect: 'manual' });
    const verdict = judge(response, response.status === 304 ? '' : await response.text(), asked.ownToken);
    if (verdict instanceof Error) verdict.requestId = response.headers.get('x-request-id');
    return verdict;
  } catch (cause) {
    asked.signal?.throwIfAborted();
    return new UnreachableError(`no answer: ${told(cause)}`, null, true, { cause });
  }
}

/** What failed is in the cause: `fetch` itself says no more than that it has failed. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/** Only what looks like billing's own counts as its answer: a proxy's page says neither yes nor no. */
function judge(response: Response, text: string, ownToken: boolean): Answered | AnyBillingError {
  const { status, headers } = response;
  const answered = { etag: headers.get('etag'), replayed: headers.get('idempotent-replayed') === 'true' };
  if (status === 304) return { body: null, ...answered };
  const body = json(text);
  const retryAfter = secondsOf(headers.get('retry-after'));
  if (response.ok && typeof body === 'object' && body !== null) return { body, ...answered };
  const problem = isProblemDocument(body) ? body : null;
  if (problem && status >= 400 && status < 500) return problemOf(problem, retryAfter, ownToken);
  const what = problem ? ` (${problem.code})` : " that is not billing's";
  return new UnreachableError(`an answer ${status}${what}`, retryAfter, status >= 500 || status === 429);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function worthAnotherTry(verdict: AnyBillingError): boolean {
  if (isUnreachable(verdict)) return verdict.worthAnotherTry;
  return verdict instanceof RateLimitedError || isInUse(verdict);
}

function isInUse(verdict: AnyBillingError): boolean {
  return verdict.kind === 'problem' && verdict.code === 'idempotency_key_in_use';
}

/** Never all clients at the same moment. */
function backoff(tried: number): number {
  const ceiling = Math.min(BACKOFF * 2 ** (tried - 1), LONGEST_BACKOFF);
  return ceiling * (0.5 + Math.random() / 2);
}

function secondsOf(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter);
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? null : Math.max((at - Date.now()) / 1000, 0);
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((wake, fail) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', leave);
      wake();
    }, milliseconds);
    function leave() {
      clearTimeout(timer);
      fail(signal?.reason);
    }
    signal?.addEventListener('abort', leave, { once: true });
  });
}
