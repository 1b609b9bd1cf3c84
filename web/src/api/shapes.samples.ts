import type { Subscription } from './shapes';

/** For tests: a date to come. */
export const at = '2026-12-01T00:00:00Z';

/** For tests: a subscription of which there is nothing to say, but for what is given. */
export const subscriptionWith = (extra: Partial<Subscription> = {}): Subscription => ({
  id: 'usub_1',
  stripe_subscription_id: 'sub_1',
  account_id: 'acc_1',
  tier_slug: 'community-pro',
  status: 'active',
  billing_period: 'quarterly',
  amount: 5400,
  currency: 'usd',
  current_period_start: at,
  current_period_end: at,
  ...extra,
});
