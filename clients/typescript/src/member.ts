import type {
  Balance,
  Consumed,
  Entitlements,
  Hold,
  HoldAnswer,
  NotRecorded,
  Unrecorded,
  Usage,
} from './answers.js';
import { isFresh } from './cache.js';
import type { Shared } from './client.js';
import {
  FeatureNotInTierError,
  HoldNotHeldError,
  isBillingError,
  isRefusal,
  isUnreachable,
  LimitReachedError,
  type RefusalError,
  UnreachableError,
} from './errors.js';
import { type Answered, type Asked, exchange } from './exchange.js';
import { atLeastOne, HeldRequest } from './holds.js';
import type {
  AuthorizeOptions,
  CaptureOptions,
  CheckOptions,
  ConsumeOptions,
  HoldOptions,
  Labels,
  OnUnreachable,
  Sent,
} from './options.js';
import type { components } from './schema.js';

type Bodies = components['schemas'];

/** Whom billing is asked about. Each method rejects with an `AnyBillingError` for whatever is not a yes. */
export class Member {
  readonly #shared: Shared;
  readonly #headers: () => Record<string, string> | Promise<Record<string, string>>;
  /** Null where the member's own token asks. */
  readonly #subject: string | null;

  constructor(
    shared: Shared,
    headers: () => Record<string, string> | Promise<Record<string, string>>,
    subject: string | null,
  ) {
    this.#shared = shared;
    this.#headers = headers;
    this.#subject = subject;
  }

  /** What the member may do now. For reading: only `consume` and `withHold` admit a request. */
  async entitlements(options: Sent & { fresh?: boolean } = {}): Promise<Entitlements> {
    const { cache } = this.#shared;
    const entry = cache.get(this.#subject);
    if (entry && isFresh(entry) && !entry.spentSince && !options.fresh) return entry.entitlements;
    const known: Record<string, string> = entry?.etag ? { 'If-None-Match': entry.etag } : {};
    const answered = await this.#get('entitlements/', 'features', options.signal, known);
    const unchanged = answered.body === null ? entry : null;
    const now = unchanged?.entitlements ?? (answered.body as Entitlements);
    cache.put(this.#subject, now, unchanged?.etag ?? answered.etag);
    return now;
  }

  /** The whole token balance. Only for `asMember`; a service key gets what there is with each `consume`. */
  async balance(options: Sent = {}): Promise<Balance> {
    return (await this.#get('tokens/balance/', 'available', options.signal)).body as Balance;
  }

  /** What was used in the last thirty days. */
  async usage(options: Sent = {}): Promise<Usage> {
    return (await this.#get('usage/', 'days', options.signal)).body as Usage;
  }

  /** Rejects with `FeatureNotInTierError` where the tier does not include the feature. */
  async requireFeature(feature: string, options: CheckOptions = {}): Promise<void> {
    const path = `entitlements/features/${encodeURIComponent(feature)}/`;
    await this.#require(`the feature ${feature}`, path, options, (now) =>
      now.features.includes(feature) ? null : FeatureNotInTierError.of(feature),
    );
  }

  /** Rejects with `LimitReachedError` where who has `have` of them may not have one more. */
  async requireRoom(limit: string, have: number, options: CheckOptions = {}): Promise<void> {
    const path = `entitlements/limits/${encodeURIComponent(limit)}/?used=${have}`;
    await this.#require(`the limit ${limit}`, path, options, (now) => {
      const most = now.limits[limit];
      if (most === undefined) throw new RangeError(`the catalog has no limit ${limit}`);
      return most === null || have < most ? null : LimitReachedError.of(limit, most, have);
    });
  }

  /** A kept yes counts as long as it is fresh. A kept no never does: the member may have upgraded since. */
  async #require(
    what: string,
    path: string,
    options: CheckOptions,
    check: (now: Entitlements) => RefusalError | null,
  ): Promise<void> {
    const entry = this.#shared.cache.get(this.#subject);
    if (entry && isFresh(entry) && !check(entry.entitlements)) return;
    let now: Entitlements;
    try {
      now = await this.entitlements({ ...options, fresh: true });
    } catch (error) {
      if (options.onUnreachable !== 'allow' || !isUnreachable(error)) throw error;
      this.#shared.log(`allthrive-billing: let ${this.#who} use ${what} unchecked: ${error.message}`);
      return;
    }
    const refusal = check(now);
    if (refusal) await this.#refuse(refusal, what, path, options.signal);
  }

  /** In billing's own words, which name what would help. */
  async #refuse(
    refusal: RefusalError,
    what: string,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      await this.#get(path, 'key', signal);
    } catch (error) {
      if (!isBillingError(error) || isRefusal(error)) throw error;
      this.#shared.log(`allthrive-billing: refused ${what} without billing's words for it: ${error.message}`);
      throw refusal;
    }
  }

  /** Admits an AI request and pays for it, in one step: do it only after this. */
  async consume<Policy extends OnUnreachable = 'deny'>(
    options?: ConsumeOptions<Policy>,
  ): Promise<Consumed | (Policy extends 'allow' ? NotRecorded : never)>;
  async consume(options: ConsumeOptions<OnUnreachable> = {}): Promise<Consumed | NotRecorded> {
    const { tokens = 1, feature, model, idempotencyKey = newKey(), signal } = options;
    atLeastOne(tokens);
    const body = withoutUndefined({ tokens, feature, model }) satisfies Bodies['ConsumeBody'];
    try {
      const answered = await this.#post('usage/consume/', 'source', body, idempotencyKey, signal);
      this.#shared.cache.spent(this.#subject);
      const consumed = answered.body as Bodies['ConsumedView'];
      return { ...consumed, recorded: true, replayed: answered.replayed, idempotencyKey };
    } catch (error) {
      if (options.onUnreachable !== 'allow' || !isUnreachable(error)) throw error;
      await this.#report('consume', options, tokens, null, idempotencyKey, error);
      return { recorded: false, idempotencyKey };
    }
  }

  /**
   * Does the work of an AI request that costs at most `tokens`, if as many could be set aside. What it says was `used` is
   * paid when it ends, or the whole estimate where it says nothing. Work that fails before it said anything pays nothing.
   */
  async withHold<Result>(
    tokens: number,
    work: (held: HeldRequest) => Result | Promise<Result>,
    options: HoldOptions = {},
  ): Promise<Result> {
    let hold: Hold | null = null;
    let unreached: UnreachableError | null = null;
    try {
      hold = await this.authorize(tokens, options);
    } catch (error) {
      if (options.onUnreachable !== 'allow' || !isUnreachable(error)) throw error;
      this.#shared.log(`allthrive-billing: let ${this.#who} pass without a hold: ${error.message}`);
      unreached = error;
    }
    const held = new HeldRequest(hold);
    let failed = true;
    try {
      const result = await work(held);
      failed = false;
      return result;
    } finally {
      await this.#settle(held, failed, tokens, options, unreached);
    }
  }

  /** What was used is paid, whether the work failed after it or not. Never an error: the work is done. */
  async #settle(
    held: HeldRequest,
    failed: boolean,
    estimate: number,
    options: HoldOptions,
    unreached: UnreachableError | null,
  ): Promise<void> {
    const used = held.usedTokens;
    const nothing = used === 0 || (failed && used === null);
    if (held.hold === null) {
      // A task that is run again under its key is reported again under it, and recorded once.
      const { idempotencyKey = newKey() } = options;
      if (!nothing) await this.#report('consume', options, used ?? estimate, null, idempotencyKey, unreached);
      return;
    }
    const { id } = held.hold;
    const idempotencyKey = newKey();
    try {
      if (nothing) await this.void(id);
      else await this.capture(id, { ...(used === null ? {} : { tokens: used }), idempotencyKey });
    } catch (error) {
      if (nothing)
        this.#shared.log(
          `allthrive-billing: ${id} could not be voided and is given back when it expires: ${error}`,
        );
      else await this.#report('capture', options, used, id, idempotencyKey, error);
    }
  }

  /** A hold that another process ends, by `capture` or `void`; see `withHold`. */
  async authorize(tokens: number, options: AuthorizeOptions = {}): Promise<Hold> {
    atLeastOne(tokens);
    const { feature, model, expiresIn, idempotencyKey = newKey(), signal } = options;
    const body = withoutUndefined({
      tokens,
      feature,
      model,
      expires_in: expiresIn,
    }) satisfies Bodies['HoldBody'];
    const answered = await this.#post('holds/', 'hold', body, idempotencyKey, signal);
    const { hold } = answered.body as HoldAnswer;
    // Of an Idempotency-Key of the caller's: this request was done and paid before.
    if (hold.status !== 'held') throw HoldNotHeldError.of(hold);
    this.#shared.cache.spent(this.#subject);
    return hold;
  }

  /** Pays what the request has used. */
  async capture(holdId: string, options: CaptureOptions = {}): Promise<Hold> {
    const { tokens, idempotencyKey = newKey(), signal } = options;
    if (tokens !== undefined) atLeastOne(tokens);
    const body = withoutUndefined({ tokens }) satisfies Bodies['CaptureBody'];
    return this.#end(holdId, 'capture', body, idempotencyKey, signal);
  }

  /** Nothing was used. */
  async void(holdId: string, options: Sent = {}): Promise<Hold> {
    return this.#end(holdId, 'void', {}, newKey(), options.signal);
  }

  async #end(
    holdId: string,
    how: string,
    body: object,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<Hold> {
    const path = `holds/${encodeURIComponent(holdId)}/${how}/`;
    const answered = await this.#post(path, 'hold', body, key, signal);
    this.#shared.cache.spent(this.#subject);
    return (answered.body as HoldAnswer).hold;
  }

  get #who(): string {
    return this.#subject ?? 'a member';
  }

  async #report(
    kind: Unrecorded['kind'],
    labels: Labels,
    tokens: number | null,
    holdId: string | null,
    idempotencyKey: string,
    error: unknown,
  ): Promise<void> {
    const { feature = null, model = null } = labels;
    const cause = error instanceof Error ? error.message : String(error);
    await this.#shared.report({
      kind,
      subject: this.#subject ?? '',
      tokens,
      feature,
      model,
      holdId,
      idempotencyKey,
      cause,
    });
  }

  async #get(
    path: string,
    expected: string,
    signal: AbortSignal | undefined,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    return this.#ask({ method: 'GET', url: this.#shared.prefix + path, headers, signal }, expected);
  }

  async #post(
    path: string,
    expected: string,
    body: object,
    key: string,
    signal: AbortSignal | undefined,
  ): Promise<Answered> {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
    const url = this.#shared.prefix + path;
    return this.#ask({ method: 'POST', url, headers, body: JSON.stringify(body), signal }, expected);
  }

  /** An answer without the member that is `expected` is none of billing's, whatever its status says. */
  async #ask(asked: Omit<Asked, 'ownToken'>, expected: string): Promise<Answered> {
    const headers = { ...(await this.#headers()), ...asked.headers };
    const all = { ...asked, headers, ownToken: this.#subject === null };
    const answered = await exchange(all, this.#shared.patience, this.#shared.breaker);
    const unchanged = answered.body === null && 'If-None-Match' in asked.headers;
    if (unchanged || (answered.body && expected in answered.body)) return answered;
    throw new UnreachableError('an answer that cannot be read', null, false);
  }
}

function newKey(): string {
  return crypto.randomUUID();
}

type WithoutUndefined<Body> = { [Name in keyof Body]: Exclude<Body[Name], undefined> };

function withoutUndefined<Body extends object>(body: Body): WithoutUndefined<Body> {
  return Object.fromEntries(
    Object.entries(body).filter(([, value]) => value !== undefined),
  ) as WithoutUndefined<Body>;
}
