import { newKey } from '../api/client';
import { Problem, Unreachable } from '../api/problem';

/**
 * Requests of one kind that move money, one after the other. While it is not known what became of one, the next attempt
 * is the same request under the same key: the server does it once, whatever was lost on the way.
 */
export class Attempts<Request> {
  #unclear: { request: Request; key: string } | null = null;

  /** The request of which it is not known what became. What led to it must not be done again. */
  get unclear(): Request | undefined {
    return this.#unclear?.request;
  }

  /** `make` is asked for the request only when no earlier one is unclear. */
  async send<Answer>(
    make: () => Promise<Request>,
    call: (request: Request, key: string) => Promise<Answer>,
  ): Promise<Answer> {
    this.#unclear ??= { request: await make(), key: newKey() };
    const { request, key } = this.#unclear;
    try {
      const answer = await call(request, key);
      this.#unclear = null;
      return answer;
    } catch (error) {
      if (!isUnclear(error)) this.#unclear = null;
      throw error;
    }
  }
}

export function isUnclear(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof Problem && (error.status >= 500 || error.code === 'idempotency_key_in_use');
}
