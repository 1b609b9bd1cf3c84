import { Problem, UNNAMED, Unreachable } from '../api/problem';
import type { Key } from '../i18n/en';
import type { Words } from '../i18n/words';

/** What went wrong, in words of the reader. */
export interface Explanation {
  title: string;
  detail?: string;
  /** Whether it is known that no money has moved. */
  notCharged: boolean;
}

/** Problems of the API by their code. */
const PROBLEMS: Record<string, Key> = {
  unauthenticated: 'problem.unauthenticated',
  not_allowed: 'problem.not_allowed',
  not_found: 'problem.not_found',
  already_subscribed: 'problem.already_subscribed',
  payment_due: 'problem.payment_due',
  tier_by_invitation: 'problem.tier_by_invitation',
  no_subscription: 'problem.no_subscription',
  nothing_to_resume: 'problem.nothing_to_resume',
  subscription_paused: 'problem.subscription_paused',
  pause_not_available: 'problem.pause_not_available',
  account_leaving: 'problem.account_leaving',
  last_payment_method: 'problem.last_payment_method',
  quote_expired: 'problem.quote_expired',
  out_of_ai_requests: 'paywall.out_of_requests',
  out_of_tokens: 'paywall.too_few_tokens',
  idempotency_key_in_use: 'problem.in_progress',
  email_not_verified: 'problem.email_not_verified',
  promotion_code_invalid: 'problem.promotion_code_invalid',
  rate_limited: 'problem.rate_limited',
  too_many_at_a_time: 'problem.rate_limited',
  upstream_failed: 'problem.ai_unavailable',
  upstream_busy: 'problem.ai_unavailable',
  upstream_unreachable: 'problem.ai_unavailable',
  upstream_timeout: 'problem.ai_unavailable',
  stripe_unavailable: 'problem.stripe_unavailable',
  sales_paused: 'problem.sales_paused',
  overloaded: 'problem.overloaded',
};

/** Banks' reasons, which a member can do something about. The rest is a plain decline. */
const DECLINES: Record<string, Key> = {
  insufficient_funds: 'decline.insufficient_funds',
  expired_card: 'decline.expired_card',
  incorrect_cvc: 'decline.incorrect_cvc',
  invalid_cvc: 'decline.incorrect_cvc',
  incorrect_number: 'decline.incorrect_number',
  processing_error: 'decline.processing_error',
  authentication_required: 'decline.authentication_required',
  payment_intent_authentication_failure: 'decline.authentication_failed',
  setup_intent_authentication_failure: 'decline.authentication_failed',
  // Of the form itself: its fields are not there.
  form_not_loaded: 'paying.form_failed',
  lost_card: 'decline.card_declined',
  stolen_card: 'decline.card_declined',
};

export function explainDecline(code: string | undefined, { t }: Words): Explanation {
  return { title: t((code && DECLINES[code]) || 'decline.card_declined'), notCharged: true };
}

/**
 * Whether the server refused before it charged. With 5xx it is not known how far it came; what refuses at the door (401,
 * 429) says nothing of the same request before, and a proxy knows nothing.
 */
function isBeforeCharge({ status, code }: Problem): boolean {
  if (code === UNNAMED || code.startsWith('idempotency_key')) return false;
  return [402, 403, 404, 409, 422].includes(status);
}

export function explain(error: unknown, words: Words): Explanation {
  const { t } = words;
  if (error instanceof Unreachable) {
    return { title: t('error.unreachable'), detail: t('error.unreachable_detail'), notCharged: false };
  }
  if (!(error instanceof Problem)) return { title: t('error.unexpected'), notCharged: false };
  if (error.code === 'card_declined' || error.code === 'authentication_required') {
    return explainDecline(error.document.decline_code, words);
  }
  const known = PROBLEMS[error.code];
  const notCharged = isBeforeCharge(error);
  if (known) return { title: t(known), notCharged };
  const fields = error.document.errors?.map(({ field, reason }) => `${field} ${reason}`).join(', ');
  return { title: t('error.unexpected'), detail: fields ?? error.document.detail ?? undefined, notCharged };
}
