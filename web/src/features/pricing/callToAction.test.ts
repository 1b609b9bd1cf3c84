import { expect, test } from 'vitest';
import type { Overview, Subscription } from '../../api/shapes';
import { at, creator, learn, nobodyYet, pro, subscriptionWith, tiers } from '../../api/shapes.samples';
import { callToAction } from './callToAction';
import { saving } from './priceOf';

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

test('to who is invited a tier by invitation is for sale, where it has prices', () => {
  const priced = { ...creator, prices: learn.prices };
  const to = (overview: Overview | null, invited: boolean) =>
    callToAction(priced, 'quarterly', overview, tiers, invited).kind;
  expect(to(nobodyYet, false)).toBe('apply');
  expect(to(nobodyYet, true)).toBe('subscribe');
  expect(to(subscribed({}), true)).toBe('upgrade');
  expect(to(subscribed({ status: 'past_due' }), true)).toBe('fix_payment');
  expect(to(subscribed({ tier_slug: creator.slug }), true)).toBe('current');
  expect(to(null, false)).toBe('sign_in_to_apply');
  // Without a price there is nothing to take: who is invited is told so.
  expect(callToAction(creator, 'quarterly', nobodyYet, tiers, true).kind).toBe('apply');
});

test('a period promises what the least saving tier saves', () => {
  expect(saving(tiers, 'monthly')).toBe(0);
  expect(saving(tiers, 'quarterly')).toBe(0.1);
  expect(saving(tiers, 'annual')).toBe(0.21);
});
