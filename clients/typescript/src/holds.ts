import type { Hold } from './answers.js';

/** What the work under a hold is given. */
export class HeldRequest {
  #used: number | null = null;

  /**
   * @param hold null where billing could not be reached and `onUnreachable: 'allow'` let the request pass.
   */
  constructor(readonly hold: Hold | null) {}

  /** False where billing does not know of this request. */
  get recorded(): boolean {
    return this.hold !== null;
  }

  /** So many tokens were used until now; the last word counts. 0: nothing, and nothing is paid. */
  used(tokens: number): void {
    if (tokens !== 0) atLeastOne(tokens);
    this.#used = tokens;
  }

  /** Null while nothing was said. */
  get usedTokens(): number | null {
    return this.#used;
  }
}

export function atLeastOne(tokens: number): void {
  if (!Number.isSafeInteger(tokens) || tokens < 1)
    throw new RangeError(`tokens must be a whole number of at least 1, not ${tokens}`);
}
