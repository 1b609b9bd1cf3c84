/** As many requests in a row, each with all of its attempts. */
const FAILURES = 5;
const MILLISECONDS = 5_000;

/** Leaves billing alone for a while after it could not be reached again and again. */
export class Breaker {
  #failures = 0;
  #closedFrom = 0;

  /** Milliseconds until a request may be sent; 0 for this one. After the pause one tries, and the others wait on. */
  wait(): number {
    if (this.#failures < FAILURES) return 0;
    const left = this.#closedFrom - performance.now();
    if (left > 0) return left;
    this.#closedFrom = performance.now() + MILLISECONDS;
    return 0;
  }

  reached(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures >= FAILURES) this.#closedFrom = performance.now() + MILLISECONDS;
  }
}
