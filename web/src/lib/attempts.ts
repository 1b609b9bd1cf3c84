import { newKey } from '../api/client';
import { Problem, Unreachable } from '../api/problem';

/**
 * Requests that move money, one after the other. While it is not known what became of one, the next attempt is the same
 * request under the same key: the server does it once, whatever was lost on the way.
 */
export class Attempts {
  #unclear: { request: unknown; key: string } | null = null;

  /** `make` is asked for the request only when no earlier one is unclear. */
  async send<Request, Answer>(
    make: () => Promise<Request>,
    call: (request: Request, key: string) => Promise<Answer>,
  ): Promise<Answer> {
    this.#unclear ??= { request: await make(), key: newKey() };
    const { request, key } = this.#unclear;
    try {
      const answer = await call(request as Request, key);
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
