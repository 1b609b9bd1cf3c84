import type { Allowance, Hold, ProblemDocument, Spendable } from './answers.js';

export const PROBLEM_JSON = 'application/problem+json';

/** What some problems carry beside the standard members. */
interface Members {
  resets_at?: string | null;
  upgrade_to?: string | null;
  allowance?: Allowance;
  balance?: Spendable;
  hold?: Hold;
  key?: string;
  limit?: number | null;
  used?: number;
}
type Document = ProblemDocument & Members;

/** An HTTP answer for who has asked you. */
export interface BrowserAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Whatever kept billing from saying yes; one of `AnyBillingError`, which `kind` tells apart. */
export abstract class BillingError extends Error {
  abstract readonly kind: string;
  /** Seconds, if billing or a proxy has said so. */
  readonly retryAfter: number | null;
  /** Of billing's answer, by which its log can be searched. */
  requestId: string | null = null;

  constructor(message: string, retryAfter: number | null, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.retryAfter = retryAfter;
  }

  /**
   * What the member may see of it. Whatever is not about the member is 503 `billing_unavailable`; with Retry-After where
   * billing could not be reached, as waiting does not mend the rest.
   */
  forBrowser(): BrowserAnswer {
    return answer(UNAVAILABLE, this.retryAfter);
  }

  /** `forBrowser`, as the web platform's `Response`. */
  toResponse(): Response {
    const { status, headers, body } = this.forBrowser();
    return new Response(body, { status, headers });
  }
}

/**
 * No answer of billing's, after every retry: whether it was done is not known. Also an answer that billing did not give
 * (a proxy's page), and its 5xx.
 */
export class UnreachableError extends BillingError {
  readonly kind = 'unreachable';
  readonly worthAnotherTry: boolean;

  constructor(message: string, retryAfter: number | null, worthAnotherTry: boolean, options?: ErrorOptions) {
    super(message, retryAfter, options);
    this.worthAnotherTry = worthAnotherTry;
  }

  override forBrowser(): BrowserAnswer {
    return answer(UNAVAILABLE, this.retryAfter ?? 5);
  }
}

/** Billing said no. `code` is stable; the document's `title` and `detail` are for people. */
abstract class Said extends BillingError {
  readonly document: Document;

  constructor(document: Document, retryAfter: number | null = null) {
    super(`${document.code}: ${document.title}${document.detail ? ` (${document.detail})` : ''}`, retryAfter);
    this.document = document;
  }
  get code(): string {
    return this.document.code;
  }
  get status(): number {
    return this.document.status;
  }
}

/** The member may not do this now. The browser gets billing's own answer, so that its modal opens. */
abstract class Refusal extends Said {
  /** The slug of a tier that would help. */
  get upgradeTo(): string | null {
    return this.document.upgrade_to ?? null;
  }
  override forBrowser(): BrowserAnswer {
    return answer(this.document, this.retryAfter);
  }
}

/** Nothing is left that could pay. */
abstract class CannotPay extends Refusal {
  /** When the allowance is full again; RFC 3339. */
  get resetsAt(): string | null {
    return this.document.resets_at ?? null;
  }
  get allowance(): Allowance | null {
    return this.document.allowance ?? null;
  }
  get balance(): Spendable | null {
    return this.document.balance ?? null;
  }
}

/** There are tokens, but fewer than the request costs. */
export class OutOfTokensError extends CannotPay {
  readonly kind = 'out_of_tokens';
}
/** The allowance is used up, and there are no tokens. */
export class OutOfAiRequestsError extends CannotPay {
  readonly kind = 'out_of_ai_requests';
}
/** The member's tier does not include the feature. */
export class FeatureNotInTierError extends Refusal {
  readonly kind = 'feature_not_in_tier';

  static of(key: string): FeatureNotInTierError {
    const type = 'urn:allthrive:problem:feature_not_in_tier';
    const title = 'This is not part of your plan';
    return new FeatureNotInTierError({ type, title, status: 403, code: 'feature_not_in_tier', key });
  }
}
/** The member has as many as the tier allows. */
export class LimitReachedError extends Refusal {
  readonly kind = 'limit_reached';

  static of(key: string, limit: number, used: number): LimitReachedError {
    const type = 'urn:allthrive:problem:limit_reached';
    const title = 'Your plan does not allow more of these';
    return new LimitReachedError({ type, title, status: 403, code: 'limit_reached', key, limit, used });
  }
}
/**
 * A refusal by another code: `unauthenticated` where the member's own token is not valid (any more), `account_deleted`
 * where the member was deleted.
 */
export class RefusedError extends Refusal {
  readonly kind = 'refused';

  static notSignedIn(): RefusedError {
    const type = 'urn:allthrive:problem:unauthenticated';
    return new RefusedError({ type, title: 'Sign in first', status: 401, code: 'unauthenticated' });
  }
}
/**
 * Billing does not take the credentials: the service key is wrong, was revoked, or lacks the scope. Never the member's
 * fault, and never let through by `onUnreachable`.
 */
export class KeyRefusedError extends Said {
  readonly kind = 'key_refused';
}
/** The hold has come to another end already. */
export class HoldNotHeldError extends Said {
  readonly kind = 'hold_not_held';

  get hold(): Hold | null {
    return this.document.hold ?? null;
  }
  static of(hold: Hold): HoldNotHeldError {
    const type = 'urn:allthrive:problem:hold_not_held';
    return new HoldNotHeldError({
      type,
      title: 'The hold is not held any more',
      status: 409,
      code: 'hold_not_held',
      hold,
    });
  }
}
/** Too many requests, and no time left to wait. */
export class RateLimitedError extends Refusal {
  readonly kind = 'rate_limited';
}
/** A no by another code: a request that billing does not understand, or a key that stands for another one. */
export class ProblemError extends Said {
  readonly kind = 'problem';
}

export type RefusalError =
  | OutOfTokensError
  | OutOfAiRequestsError
  | FeatureNotInTierError
  | LimitReachedError
  | RateLimitedError
  | RefusedError;
export type AnyBillingError =
  | RefusalError
  | KeyRefusedError
  | HoldNotHeldError
  | ProblemError
  | UnreachableError;

export function isBillingError(error: unknown): error is AnyBillingError {
  return error instanceof BillingError;
}
/** The member may not do this now. */
export function isRefusal(error: unknown): error is RefusalError {
  return error instanceof Refusal;
}
/** Buying helps: tokens, or another tier. */
export function isOutOfTokens(error: unknown): error is OutOfTokensError | OutOfAiRequestsError {
  return error instanceof CannotPay;
}
/** Nobody knows. */
export function isUnreachable(error: unknown): error is UnreachableError {
  return error instanceof UnreachableError;
}

export function isProblemDocument(body: unknown): body is Document {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    typeof body.code === 'string' &&
    'status' in body &&
    typeof body.status === 'number'
  );
}

const BY_CODE = {
  out_of_tokens: OutOfTokensError,
  out_of_ai_requests: OutOfAiRequestsError,
  feature_not_in_tier: FeatureNotInTierError,
  limit_reached: LimitReachedError,
  not_allowed: KeyRefusedError,
  unauthenticated: KeyRefusedError,
  hold_not_held: HoldNotHeldError,
  rate_limited: RateLimitedError,
};

/**
 * By its code; one that is not known here, by its status. With the member's `ownToken` a 401 is the member's affair, who
 * can sign in again.
 */
export function problemOf(
  document: Document,
  retryAfter: number | null,
  ownToken: boolean,
): Exclude<AnyBillingError, UnreachableError> {
  if (ownToken && document.status === 401) return new RefusedError(document, retryAfter);
  const known = Object.hasOwn(BY_CODE, document.code) ? BY_CODE[document.code as keyof typeof BY_CODE] : null;
  const Kind = known ?? (document.status === 403 ? RefusedError : ProblemError);
  return new Kind(document, retryAfter);
}

const UNAVAILABLE: ProblemDocument = {
  type: 'urn:allthrive:problem:billing_unavailable',
  title: 'This is not available at the moment',
  status: 503,
  detail: 'Please try again later.',
  code: 'billing_unavailable',
};

function answer(document: ProblemDocument, retryAfter: number | null): BrowserAnswer {
  const headers: Record<string, string> = { 'Content-Type': PROBLEM_JSON, 'Cache-Control': 'no-store' };
  if (retryAfter !== null) headers['Retry-After'] = String(Math.ceil(retryAfter));
  return { status: document.status, headers, body: JSON.stringify(document) };
}
