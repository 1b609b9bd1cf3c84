import { expect, test } from 'vitest';
import { nobodyYet, pro, subscriptionWith, tiers } from '../../api/shapes.samples';
import { offers } from './offers';

const selling = { sales_paused: false };

test('tokens help everybody, and an upgrade whom there is one for', () => {
  expect(offers({ upgrade_to: 'community-pro' }, nobodyYet, tiers, selling)).toEqual({
    fixPayment: false,
    tokens: true,
    upgrade: pro,
  });
  expect(offers({ upgrade_to: null }, nobodyYet, tiers, selling).upgrade).toBeUndefined();
});

test('who owes a payment has more by paying it, and is not sold another plan', () => {
  for (const status of ['past_due', 'unpaid', 'incomplete']) {
    const owing = { ...nobodyYet, subscription: subscriptionWith({ status }) };
    expect(offers({ upgrade_to: 'community-pro' }, owing, tiers, selling)).toEqual({
      fixPayment: true,
      tokens: true,
      upgrade: undefined,
    });
  }
});

test('while sales are paused nothing is offered but what is owed', () => {
  const paused = { sales_paused: true };
  expect(offers({ upgrade_to: 'community-pro' }, nobodyYet, tiers, paused)).toEqual({
    fixPayment: false,
    tokens: false,
  });
  const owing = { ...nobodyYet, subscription: subscriptionWith({ status: 'past_due' }) };
  expect(offers({ upgrade_to: null }, owing, tiers, paused).fixPayment).toBe(true);
});
