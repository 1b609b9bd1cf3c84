// @vitest-environment happy-dom
import { cleanup } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { BillingPeriod, Config, Overview, Tier } from '../../api/shapes';
import { at, creator, free, learn, nobodyYet, pro, subscriptionWith, tiers } from '../../api/shapes.samples';
import { rendered } from '../../ui/rendered.samples';
import { TierCard } from './TierCard';

afterEach(cleanup);

function card(tier: Tier, period: BillingPeriod, overview: Overview | null = null, currency = 'usd') {
  return rendered(
    <TierCard
      tier={tier}
      tiers={tiers}
      rank={0}
      period={period}
      overview={overview}
      config={{ currency, sales_paused: false } as Config}
      invited={false}
      onSubscribe={() => {}}
    />,
  ).container.textContent;
}

test('a price is shown a month, and under it what is billed', () => {
  expect(card(pro, 'monthly')).toContain('$20/ month');
  expect(card(pro, 'quarterly')).toContain('$18/ month7 days free$54 billed every 3 months');
  expect(card(learn, 'annual')).toContain('$30.75/ month$369 billed every year');
  expect(card(free, 'annual')).toContain('$0Free forever');
  expect(card(free, 'annual', null, 'eur')).toContain('€0Free forever');
  expect(card(creator, 'monthly')).toContain('InvitePrice on approval');
});

test('free days are told to who can have them', () => {
  expect(card(pro, 'quarterly', nobodyYet)).toContain('7 days free');
  expect(card(pro, 'quarterly', nobodyYet)).toContain('Start Free Trial');
  expect(card(pro, 'quarterly', { ...nobodyYet, trial_available: false })).not.toContain('days free');
});

test('one’s own plan is marked, and can be paid for longer', () => {
  const paying = { ...nobodyYet, subscription: subscriptionWith() };
  expect(card(pro, 'annual', paying)).toContain('Pay annually');
  expect(card(learn, 'annual', paying)).toContain('Upgrade');
  expect(card(pro, 'quarterly', paying)).toContain('Current plan');
});

test('a plan that ends says until when it is the reader’s', () => {
  const ending = { ...nobodyYet, subscription: subscriptionWith({ cancel_at: at }) };
  expect(card(pro, 'quarterly', ending)).toContain('Yours until Dec 1, 2026');
});
