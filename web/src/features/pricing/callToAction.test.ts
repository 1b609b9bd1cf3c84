import { expect, test } from 'vitest';
import type { Overview, Subscription, Tier } from '../../api/shapes';
import { at, subscriptionWith } from '../../api/shapes.samples';
import { callToAction } from './callToAction';
import { saving } from './priceOf';

const price = (billing_period: string, amount: number, per_month: number) => ({
  billing_period,
  amount,
  per_month,
  currency: 'usd',
});
const tier = (slug: string, extra: Partial<Tier>): Tier => ({
  slug,
  name: slug,
  description: '',
  availability: 'open',
  trial_days: 0,
  prices: [],
  limits: {},
  ai_requests: { limit: 3, window: 'day' },
  features: [],
  ...extra,
});
const free = tier('free', {});
const pro = tier('community-pro', {
  trial_days: 7,
  prices: [price('monthly', 2000, 2000), price('quarterly', 5400, 1800), price('annual', 18_900, 1575)],
});
const learn = tier('pro-learn', {
  prices: [price('monthly', 3900, 3900), price('quarterly', 10_500, 3500), price('annual', 36_900, 3075)],
});
const creator = tier('creator-mentor', { availability: 'invitation' });
const tiers = [free, pro, learn, creator];

const nobodyYet: Overview = {
  account_id: 'acc_1',
  tier: { slug: 'free', name: 'Free' },
  subscription: null,
  trial_available: true,
};
const subscribed = (extra: Partial<Subscription>): Overview => ({
  ...nobodyYet,
  tier: { slug: 'community-pro', name: 'Community Pro' },
  trial_available: false,
  subscription: subscriptionWith(extra),
});
const kinds = (overview: Overview | null) =>
  tiers.map((one) => callToAction(one, 'quarterly', overview, tiers).kind);

test('somebody who is not signed in is asked to register or to sign in', () => {
  expect(kinds(null)).toEqual(['register', 'sign_in', 'sign_in', 'sign_in_to_apply']);
});

test('a member without a plan is offered the trial once, where there is one', () => {
  expect(kinds(nobodyYet)).toEqual(['current', 'trial', 'subscribe', 'apply']);
  expect(kinds({ ...nobodyYet, trial_available: false })).toEqual([
    'current',
    'subscribe',
    'subscribe',
    'apply',
  ]);
});

test('a subscriber sees the current plan, the way up and the way out', () => {
  expect(kinds(subscribed({}))).toEqual(['cancel', 'current', 'upgrade', 'apply']);
});

test('the same plan for longer is an upgrade, for shorter a downgrade at a date', () => {
  expect(callToAction(pro, 'annual', subscribed({}), tiers)).toEqual({ kind: 'upgrade' });
  expect(callToAction(pro, 'monthly', subscribed({}), tiers)).toEqual({ kind: 'downgrade', at });
});

test('a cheaper tier is a downgrade at a date', () => {
  const learning = subscribed({ tier_slug: 'pro-learn', amount: 10_500 });
  expect(callToAction(pro, 'quarterly', learning, tiers)).toEqual({ kind: 'downgrade', at });
});

test('what is to come is shown as such', () => {
  expect(kinds(subscribed({ cancel_at: at }))).toEqual(['scheduled', 'current_until', 'upgrade', 'apply']);
  const scheduled_change = { tier_slug: 'pro-learn', billing_period: 'quarterly', at };
  expect(callToAction(learn, 'quarterly', subscribed({ scheduled_change }), tiers)).toEqual({
    kind: 'scheduled',
    at,
  });
});

test('a first payment that is missing can be finished, and a renewal that failed comes first', () => {
  expect(kinds(subscribed({ status: 'incomplete' }))[1]).toBe('finish');
  expect(kinds(subscribed({ status: 'past_due' }))[2]).toBe('fix_payment');
});

test('a period promises what the least saving tier saves', () => {
  expect(saving(tiers, 'monthly')).toBe(0);
  expect(saving(tiers, 'quarterly')).toBe(0.1);
  expect(saving(tiers, 'annual')).toBe(0.21);
});
