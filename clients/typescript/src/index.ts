export type {
  Allowance,
  Balance,
  Consumed,
  Entitlements,
  Hold,
  NotRecorded,
  ProblemDocument,
  Spendable,
  Unrecorded,
  Usage,
} from './answers.js';
export { Billing, type BillingOptions } from './client.js';
export {
  type AnyBillingError,
  BillingError,
  type BrowserAnswer,
  FeatureNotInTierError,
  HoldNotHeldError,
  isBillingError,
  isOutOfTokens,
  isRefusal,
  isUnreachable,
  KeyRefusedError,
  LimitReachedError,
  OutOfAiRequestsError,
  OutOfTokensError,
  PROBLEM_JSON,
  ProblemError,
  RateLimitedError,
  type RefusalError,
  RefusedError,
  UnreachableError,
} from './errors.js';
export { type Handler, requireFeature, withBilling } from './handlers.js';
export type { HeldRequest } from './holds.js';
export type { Member } from './member.js';
export type {
  AuthorizeOptions,
  CaptureOptions,
  CheckOptions,
  ConsumeOptions,
  HoldOptions,
  OnUnreachable,
} from './options.js';
