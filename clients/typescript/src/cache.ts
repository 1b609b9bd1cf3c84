import type { Entitlements } from './answers.js';

interface Entry {
  entitlements: Entitlements;
  etag: string | null;
  /** By `performance.now()`. */
  freshUntil: number;
  /** What was used since then is not in its allowance. */
  spentSince: boolean;
}

const SIZE = 10_000;

/** The newest entitlements of each member, for reading only: nothing is admitted by them. */
export class EntitlementsCache {
  #entries = new Map<string, Entry>();
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  get(subject: string | null): Entry | null {
    return (subject !== null && this.#entries.get(subject)) || null;
  }

  /** Until `valid_until`, if that is sooner. Of so many members the one asked about longest ago goes. */
  put(subject: string | null, entitlements: Entitlements, etag: string | null): void {
    if (subject === null) return;
    const until = entitlements.valid_until ? Date.parse(entitlements.valid_until) - Date.now() : Infinity;
    const freshUntil = performance.now() + Math.min(this.#milliseconds, until);
    this.#entries.delete(subject);
    this.#entries.set(subject, { entitlements, etag, freshUntil, spentSince: false });
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= SIZE) break;
      this.#entries.delete(oldest);
    }
  }

  /** The member has used something: the features still hold, the allowance does not. */
  spent(subject: string | null): void {
    const entry = this.get(subject);
    if (entry) entry.spentSince = true;
  }
}

export function isFresh(entry: Entry): boolean {
  return performance.now() < entry.freshUntil;
}
