import type { Unrecorded } from './answers.js';
import { Breaker } from './breaker.js';
import { EntitlementsCache } from './cache.js';
import type { Patience } from './exchange.js';
import { Member } from './member.js';

export interface BillingOptions {
  /** Where billing is, as `https://billing.example.com`; empty in a page of its own origin. */
  url: string;
  /** As `allthrive-billing keys create` prints it. Never in a browser. */
  serviceKey?: string;
  /** Of one attempt, in milliseconds; 3,000. */
  timeout?: number;
  /** Of all attempts and the waits between, in milliseconds; 8,000. */
  totalTimeout?: number;
  /** 4. */
  maxAttempts?: number;
  /** How long entitlements count, in milliseconds; 10,000. 0: not at all. */
  cacheFor?: number;
  /** Gets what was done and not recorded, and is waited for. Only the log tells that it has failed. */
  onUnrecorded?: ((event: Unrecorded) => void) | ((event: Unrecorded) => Promise<void>);
  /** Gets a line for people about it; `console.error`. */
  log?: (message: string) => void;
}

/** What the members of one client share. */
export interface Shared {
  prefix: string;
  patience: Patience;
  breaker: Breaker;
  cache: EntitlementsCache;
  report: (event: Unrecorded) => Promise<void>;
  log: (message: string) => void;
}

/** Asks billing. One for the whole process. */
export class Billing {
  readonly #serviceKey: string | null;
  readonly #shared: Shared;

  constructor(options: BillingOptions) {
    const {
      url,
      serviceKey,
      timeout = 3_000,
      totalTimeout = 8_000,
      maxAttempts = 4,
      cacheFor = 10_000,
    } = options;
    if (!isAddress(url))
      throw new TypeError(`url must be the address of billing, as https://billing.example.com, not ${url}`);
    if (serviceKey !== undefined && !isHeader(serviceKey))
      throw new TypeError('serviceKey must be a key as `allthrive-billing keys create` prints it');
    if (!(timeout > 0 && totalTimeout > 0 && maxAttempts > 0 && cacheFor >= 0))
      throw new RangeError('timeout, totalTimeout and maxAttempts must be positive, cacheFor not negative');
    const log = options.log ?? ((message) => console.error(message));
    this.#serviceKey = serviceKey ?? null;
    this.#shared = {
      prefix: `${url.replace(/\/+$/, '')}/api/v1/billing/`,
      patience: { timeout, totalTimeout, maxAttempts },
      breaker: new Breaker(),
      cache: new EntitlementsCache(cacheFor),
      log,
      report: (event) => report(event, log, options.onUnrecorded),
    };
  }

  /** The member whom your application knows as `subject`: the `sub` of its tokens. */
  onBehalfOf(subject: string): Member {
    if (this.#serviceKey === null) throw new TypeError('a serviceKey is needed to ask on behalf of somebody');
    if (!isHeader(subject) || subject.length > 255)
      throw new TypeError(
        `subject must be 1 to 255 printable ASCII characters, not ${JSON.stringify(subject)}`,
      );
    const headers = { Authorization: `Bearer ${this.#serviceKey}`, 'On-Behalf-Of': subject };
    return new Member(this.#shared, () => headers, subject);
  }

  /** The member whose own token this is, or who has one when it is needed. Members cannot hold. */
  asMember(token: string | (() => string | Promise<string>)): Member {
    const headers = async () => {
      return { Authorization: `Bearer ${typeof token === 'string' ? token : await token()}` };
    };
    return new Member(this.#shared, headers, null);
  }

  /**
   * Records what could not be recorded when it was done: once, however often it is called within 24 hours.
   *
   * A refusal is the end of the event, which cannot be paid any more: `OutOfAiRequestsError` or `OutOfTokensError`, where
   * the member has nothing left by now; `RefusedError`, as where the member was deleted; `HoldNotHeldError`, where the
   * hold has come to another end; `ProblemError` with `idempotency_key_reused`, where another cost was recorded under its
   * key. After `UnreachableError`, and every other error of billing's, keep it and try again later. An event without a
   * subject cannot be recorded: TypeError.
   */
  async record(event: Unrecorded): Promise<void> {
    const member = this.onBehalfOf(event.subject);
    const { holdId, idempotencyKey, feature, model } = event;
    const tokens = event.tokens === null ? {} : { tokens: event.tokens };
    if (holdId !== null) await member.capture(holdId, { ...tokens, idempotencyKey });
    else
      await member.consume({
        ...tokens,
        ...(feature === null ? {} : { feature }),
        ...(model === null ? {} : { model }),
        idempotencyKey,
      });
  }
}

function isAddress(url: string): boolean {
  if (url === '') return 'location' in globalThis;
  // What `fetch` would refuse must not look like an outage.
  return /^https?:\/\/[^/?#@]+[^?#@]*$/.test(url) && URL.canParse(url);
}

function isHeader(text: string): boolean {
  return /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text);
}

/** The hook may fail, at once or later; the member's request must not. */
async function report(
  event: Unrecorded,
  log: Shared['log'],
  hook: BillingOptions['onUnrecorded'],
): Promise<void> {
  log(`allthrive-billing: done and not recorded: ${JSON.stringify(event)}`);
  try {
    await hook?.(event);
  } catch (error) {
    log(`allthrive-billing: onUnrecorded has failed, and the event is only in the log: ${error}`);
  }
}
