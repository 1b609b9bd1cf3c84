import { expect, test } from 'vitest';
import { at, tier as sample, subscriptionWith } from '../../api/shapes.samples';
import { nextTier } from './nextTier';

const tier = (slug: string, availability = 'open') =>
  sample(slug, {
    availability,
    prices: [{ billing_period: 'quarterly', amount: 5400, per_month: 1800, currency: 'usd' }],
  });
const tiers = [tier('free'), tier('community-pro'), tier('pro-learn'), tier('creator-mentor', 'invitation')];

test('the next tier is offered that is for sale at the same period', () => {
  expect(nextTier(subscriptionWith(), tiers)?.slug).toBe('pro-learn');
  expect(nextTier(subscriptionWith({ tier_slug: 'pro-learn' }), tiers)).toBeUndefined();
  expect(nextTier(subscriptionWith({ billing_period: 'monthly' }), tiers)).toBeUndefined();
});

test('none is offered while something else is to be done first', () => {
  expect(nextTier(subscriptionWith({ status: 'past_due' }), tiers)).toBeUndefined();
  expect(nextTier(subscriptionWith({ cancel_at: at }), tiers)).toBeUndefined();
});
