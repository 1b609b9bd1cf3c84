import {
  BILLING_PERIODS,
  type BillingPeriod,
  isBillingPeriod,
  type Overview,
  type Tier,
} from '../../api/shapes';
import { priceOf } from './priceOf';

/** What a visitor can do with a tier. */
export type CallToAction =
  | { kind: 'register' }
  | { kind: 'sign_in'; trialDays: number }
  | { kind: 'current' }
  | { kind: 'current_until'; until: string }
  | { kind: 'scheduled'; at: string }
  | { kind: 'trial'; days: number }
  | { kind: 'subscribe' }
  | { kind: 'finish' }
  | { kind: 'fix_payment' }
  | { kind: 'cancel'; at: string }
  | { kind: 'upgrade' }
  | { kind: 'downgrade'; at: string }
  | { kind: 'apply' }
  | { kind: 'sign_in_to_apply' };

/** How long the tier costs nothing at first. */
export const freeDays = (action: CallToAction): number =>
  action.kind === 'trial' ? action.days : action.kind === 'sign_in' ? action.trialDays : 0;

/**
 * `overview` is null for somebody who is not signed in. To who is `invited`, a tier by invitation that has prices is
 * for sale. What is offered here is decided again by the server.
 */
export function callToAction(
  tier: Tier,
  period: BillingPeriod,
  overview: Overview | null,
  tiers: Tier[],
  invited = false,
): CallToAction {
  const byInvitation = tier.availability === 'invitation' && !(invited && tier.prices.length > 0);
  const isFree = tier.prices.length === 0 && tier.availability === 'open';
  if (!overview) {
    if (isFree) return { kind: 'register' };
    if (byInvitation) return { kind: 'sign_in_to_apply' };
    return { kind: 'sign_in', trialDays: tier.trial_days };
  }
  const live = overview.subscription;
  if (!live) return withoutSubscription(tier, isFree, byInvitation, overview);
  if (live.status === 'incomplete') {
    if (live.tier_slug === tier.slug && live.billing_period === period) return { kind: 'finish' };
    return withoutSubscription(tier, isFree, byInvitation, overview);
  }
  const scheduled = live.scheduled_change;
  if (scheduled?.tier_slug === tier.slug && (isFree || scheduled.billing_period === period)) {
    return { kind: 'scheduled', at: scheduled.at };
  }
  if (live.tier_slug === tier.slug && live.billing_period === period) {
    return live.cancel_at ? { kind: 'current_until', until: live.cancel_at } : { kind: 'current' };
  }
  if (isFree) {
    return live.cancel_at
      ? { kind: 'scheduled', at: live.cancel_at }
      : { kind: 'cancel', at: live.current_period_end };
  }
  if (byInvitation && overview.tier.slug === tier.slug) return { kind: 'current' };
  if (byInvitation) return { kind: 'apply' };
  if (live.status === 'past_due' || live.status === 'unpaid') return { kind: 'fix_payment' };
  const present = tiers.find(({ slug }) => slug === live.tier_slug);
  const presentPeriod = isBillingPeriod(live.billing_period) ? live.billing_period : period;
  return isUpgrade(present, presentPeriod, tier, period)
    ? { kind: 'upgrade' }
    : { kind: 'downgrade', at: live.current_period_end };
}

/** A dearer tier, or the same one for longer: that begins at once. The rest waits for the period's end. */
function isUpgrade(
  present: Tier | undefined,
  presentPeriod: BillingPeriod,
  wanted: Tier,
  period: BillingPeriod,
): boolean {
  if (present?.slug === wanted.slug) {
    return BILLING_PERIODS.indexOf(period) > BILLING_PERIODS.indexOf(presentPeriod);
  }
  return perMonth(wanted, period) >= perMonth(present, period);
}

const perMonth = (tier: Tier | undefined, period: BillingPeriod) => priceOf(tier, period)?.per_month ?? 0;

function withoutSubscription(
  tier: Tier,
  isFree: boolean,
  byInvitation: boolean,
  overview: Overview,
): CallToAction {
  if (overview.tier.slug === tier.slug) return { kind: 'current' };
  // Somebody whom a tier was granted has more than Free; there is nothing to choose.
  if (isFree) return { kind: 'current' };
  if (byInvitation) return { kind: 'apply' };
  if (tier.trial_days > 0 && overview.trial_available) return { kind: 'trial', days: tier.trial_days };
  return { kind: 'subscribe' };
}
