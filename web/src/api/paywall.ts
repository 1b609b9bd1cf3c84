import { here } from '../lib/places';
import { Problem, type ProblemDocument } from './problem';

/** The refusals that buying something helps against. Every other one is the caller's own. */
const CODES = ['out_of_ai_requests', 'out_of_tokens'];

interface Blocked {
  problem: Problem;
  /** The page that it was made on. */
  from: string;
  /** True: ask again; false: the refusal stands. */
  decide: (again: boolean) => void;
}

export interface PaywallState {
  /** Why the newest request was refused, while any waits. */
  problem: Problem | null;
  /** How many wait. */
  waiting: number;
  /** Whether the offers are shown; they are put away while the member is on the way to buy. */
  open: boolean;
}

const NOTHING: PaywallState = { problem: null, waiting: 0, open: false };

/**
 * Requests that were refused for want of AI requests or tokens wait here: until something was bought, and then go on, or
 * until the member wants nothing of it, and then are refused.
 */
export class Paywall {
  #blocked: Blocked[] = [];
  #state = NOTHING;
  #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly state = (): PaywallState => this.#state;

  /**
   * As `fetch`: one that is refused for want of tokens is sent again, as it was, once there are some. `send` sends each of
   * them: a token that says who asks may be too old by then.
   */
  readonly fetch = async (
    input: RequestInfo | URL,
    init?: RequestInit,
    send: (request: Request) => Promise<Response> = (request) => fetch(request),
  ): Promise<Response> => {
    const request = new Request(input, init);
    for (;;) {
      const response = await send(request.clone());
      const problem = await refusal(response);
      if (!problem || !(await this.#block(problem, request.signal))) return response;
    }
  };

  /** Something was bought: all that waits is asked again. Answers where that is, to lead there; null where nothing was. */
  readonly resume = (): string | null => {
    const from = this.#blocked.at(-1)?.from ?? null;
    this.#end(true);
    return from;
  };

  /** The member gives up what waits. */
  readonly giveUp = () => this.#end(false);

  /** The offers are put away, and what waits goes on waiting. */
  readonly putAway = () => this.#tell({ ...this.#state, open: false });

  readonly show = () => this.#tell({ ...this.#state, open: this.#blocked.length > 0 });

  #block(problem: Problem, signal: AbortSignal): Promise<boolean> {
    return new Promise((decide, fail) => {
      signal.throwIfAborted();
      const blocked = { problem, from: here(), decide };
      this.#blocked.push(blocked);
      this.#tell({ problem, waiting: this.#blocked.length, open: true });
      signal.addEventListener('abort', () => {
        this.#blocked = this.#blocked.filter((other) => other !== blocked);
        if (this.#blocked.length === 0) this.#tell(NOTHING);
        fail(signal.reason);
      });
    });
  }

  #end(again: boolean) {
    const ended = this.#blocked;
    this.#blocked = [];
    this.#tell(NOTHING);
    for (const { decide } of ended) decide(again);
  }

  #tell(state: PaywallState) {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

async function refusal(response: Response): Promise<Problem | null> {
  const type = response.headers.get('content-type') ?? '';
  if (response.status !== 403 || !type.includes('json')) return null;
  // What stands between us and the server may say no in its own words.
  const document: Partial<ProblemDocument> = await response
    .clone()
    .json()
    .catch(() => ({}));
  return document.code && CODES.includes(document.code) ? new Problem(document as ProblemDocument) : null;
}

/** The page's one paywall: a request may come from anywhere on it. */
export const paywall = new Paywall();
