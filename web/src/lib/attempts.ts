import { newKey } from '../api/client';
import { Problem, UNNAMED } from '../api/problem';

interface Unclear<Request> {
  request: Request;
  key: string;
}

/** In the browser's memory of this tab: what it is begins the name of each. */
const KEPT = 'attempt ';

/**
 * Requests of one kind that move money, one after the other. While it is not known what became of one, the next attempt
 * is the same request under the same key: the server does it once, whatever was lost on the way. With a name that is so
 * too when its dialog was closed meanwhile, or the page loaded anew.
 */
export class Attempts<Request> {
  #unclear: Unclear<Request> | null;
  readonly #name: string | undefined;

  constructor(name?: string) {
    this.#name = name && KEPT + name;
    this.#unclear = this.#name ? recall(this.#name) : null;
  }

  /** The request of which it is not known what became. What led to it must not be done again, nor something else. */
  get unclear(): Request | undefined {
    return this.#unclear?.request;
  }

  /** `make` is asked for the request only when no earlier one is unclear. */
  async send<Answer>(
    make: () => Promise<Request>,
    call: (request: Request, key: string) => Promise<Answer>,
  ): Promise<Answer> {
    const again = this.#unclear !== null;
    const { request, key } = this.#unclear ?? this.#keep({ request: await make(), key: newKey() });
    try {
      const answer = await call(request, key);
      this.#forget();
      return answer;
    } catch (error) {
      if (!isUnclear(error) && !(again && isAtTheDoor(error))) this.#forget();
      throw error;
    }
  }

  /** Before it is sent: a page that is closed while it is under way must know of it. */
  #keep(unclear: Unclear<Request>): Unclear<Request> {
    this.#unclear = unclear;
    if (this.#name) remember(this.#name, JSON.stringify(unclear));
    return unclear;
  }

  #forget() {
    this.#unclear = null;
    if (this.#name) remember(this.#name, null);
  }
}

/** Only a refusal says what became of a request: one of the API's own, before anything was done. */
export function isUnclear(error: unknown): boolean {
  if (!(error instanceof Problem)) return true;
  return error.status >= 500 || error.code === 'idempotency_key_in_use' || error.code === UNNAMED;
}

/** Another member's attempts are not this one's. */
export function forgetAttempts(): void {
  try {
    const names = Object.keys(sessionStorage).filter((name) => name.startsWith(KEPT));
    for (const name of names) sessionStorage.removeItem(name);
  } catch {
    // What may not be remembered need not be forgotten.
  }
}

function recall<Request>(name: string): Unclear<Request> | null {
  try {
    return JSON.parse(sessionStorage.getItem(name) ?? 'null');
  } catch {
    return null;
  }
}

function remember(name: string, text: string | null): void {
  try {
    if (text === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, text);
  } catch {
    // It is forgotten with the page.
  }
}

/** Refused before anybody looked at its key: nothing is said of what became of the same request before. */
const isAtTheDoor = (error: unknown) => error instanceof Problem && [401, 429].includes(error.status);
