import type { Overview, Subscription, Tier } from './shapes';

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

const price = (billing_period: string, amount: number, per_month: number) => ({
  billing_period,
  amount,
  per_month,
  currency: 'usd',
});

/** For tests: a tier that gives nothing, but for what is given. */
export const tier = (slug: string, extra: Partial<Tier> = {}): Tier => ({
  slug,
  name: slug,
  description: '',
  availability: 'open',
  trial_days: 0,
  prices: [],
  limits: {},
  ai_requests: { limit: 3, window: 'day' },
  ai_limits: { largest_request: 4000 },
  features: [],
  ...extra,
});

/** For tests: the tiers of the catalog that the program brings, as far as they are sold. */
export const free = tier('free');
export const pro = tier('community-pro', {
  trial_days: 7,
  prices: [price('monthly', 2000, 2000), price('quarterly', 5400, 1800), price('annual', 18_900, 1575)],
});
export const learn = tier('pro-learn', {
  prices: [price('monthly', 3900, 3900), price('quarterly', 10_500, 3500), price('annual', 36_900, 3075)],
});
export const creator = tier('creator-mentor', { availability: 'invitation' });
export const tiers = [free, pro, learn, creator];

/** For tests: a member without a subscription. */
export const nobodyYet: Overview = {
  account_id: 'acc_1',
  tier: { slug: 'free', name: 'Free' },
  subscription: null,
  trial_available: true,
};
