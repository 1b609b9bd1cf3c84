import { expect, test } from 'vitest';
import { at, subscriptionWith } from '../../api/shapes.samples';
import { en } from '../../i18n/en';
import { standingOf, statusWord } from './standing';

const fine = subscriptionWith();

test('nothing is said of what is fine', () => {
  expect(standingOf(fine)).toEqual({ kind: 'fine' });
});

test('a trial, an end and a change to come are said with their dates', () => {
  expect(standingOf({ ...fine, status: 'trialing', trial_end: at })).toEqual({ kind: 'trial', until: at });
  expect(standingOf({ ...fine, cancel_at: at })).toEqual({ kind: 'ending', at });
  const scheduled_change = { tier_slug: 'pro-learn', billing_period: 'monthly', at };
  expect(standingOf({ ...fine, scheduled_change })).toEqual({
    kind: 'changing',
    tier: 'pro-learn',
    period: 'monthly',
    at,
  });
});

test('a pause is said with both of its dates, and is no word of Stripe', () => {
  const paused = subscriptionWith({ paused: { paid_until: at, resumes_at: at } });
  expect(standingOf(paused)).toEqual({ kind: 'paused', paidUntil: at, resumesAt: at });
  expect(statusWord(paused).key).toBe('status.paused');
  expect(standingOf({ ...fine, status: 'paused' }).kind).toBe('suspended');
});

test('the gravest comes first: a trial that was canceled ends, a payment that failed is to be fixed', () => {
  expect(standingOf({ ...fine, status: 'trialing', trial_end: at, cancel_at: at }).kind).toBe('ending');
  expect(standingOf({ ...fine, status: 'past_due', cancel_at: at, grace_until: at })).toEqual({
    kind: 'past_due',
    until: at,
  });
  expect(standingOf({ ...fine, status: 'unpaid' }).kind).toBe('unpaid');
  expect(standingOf({ ...fine, status: 'incomplete' }).kind).toBe('incomplete');
});

test('every status of Stripe has a word, and one that is new has one too', () => {
  for (const status of ['trialing', 'active', 'past_due', 'incomplete', 'unpaid', 'paused', 'new']) {
    expect(en[statusWord({ status }).key]).toBeTruthy();
  }
});
