// @vitest-environment happy-dom
import { cleanup, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { Problem } from '../../api/problem';
import { configQuery, overviewQuery, tiersQuery } from '../../api/queries';
import { nobodyYet, pro, tiers } from '../../api/shapes.samples';
import { rendered } from '../../ui/rendered.samples';
import { OutOfTokensModal } from './OutOfTokensModal';

afterEach(cleanup);

function shown(code: string, extra: object, config = { sales_paused: false }) {
  const problem = new Problem({ type: 'about:blank', title: 'no', status: 403, code, ...extra });
  rendered(<OutOfTokensModal problem={problem} />, [
    [overviewQuery.queryKey, nobodyYet],
    [tiersQuery.queryKey, [...tiers.slice(0, 1), { ...pro, ai_requests: { limit: 200, window: 'day' } }]],
    [configQuery.queryKey, config],
  ]);
  return screen.getByRole('dialog').textContent;
}

const allowance = { limit: 3, used: 3, remaining: 0, window: 'day', resets_at: '2026-12-01T00:00:00Z' };

test('says what is used up, when there is more, and what helps', () => {
  const text = shown('out_of_ai_requests', {
    allowance,
    balance: { available: 0, held: 0 },
    resets_at: allowance.resets_at,
    upgrade_to: 'community-pro',
  });
  expect(text).toContain('You’re out of AI requests');
  expect(text).toContain('You’ve used all 3 requests of your plan, and have 0 tokens left.');
  expect(text).toContain('Dec 1, 2026');
  expect(text).toContain('community-pro has 200 a day');
  expect(screen.getByRole('link', { name: 'Buy tokens' }).getAttribute('href')).toBe('/tokens');
  expect(screen.getByRole('link', { name: 'Upgrade plan' }).getAttribute('href')).toBe(
    '/pricing?subscribe=community-pro',
  );
});

test('a request that is larger than the balance is told so, and waits for no window', () => {
  const text = shown('out_of_tokens', { allowance, balance: { available: 1, held: 0 }, upgrade_to: null });
  expect(text).toContain('You have too few AI tokens');
  expect(text).toContain('This request needs more than you have: 1 token left.');
  expect(text).not.toContain('Dec 1, 2026');
  expect(screen.queryByRole('link', { name: 'Upgrade plan' })).toBeNull();
});

test('while sales are paused there is no way to buy', () => {
  const text = shown(
    'out_of_ai_requests',
    { allowance, balance: { available: 0, held: 0 } },
    { sales_paused: true },
  );
  expect(text).toContain('paused');
  expect(screen.queryByRole('link')).toBeNull();
});
