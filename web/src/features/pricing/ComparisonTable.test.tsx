// @vitest-environment happy-dom
import { cleanup } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import type { Tier } from '../../api/shapes';
import { tier } from '../../api/shapes.samples';
import { rendered } from '../../ui/rendered.samples';
import { ComparisonTable } from './ComparisonTable';

afterEach(cleanup);

function rows(tiers: Tier[]) {
  const { container } = rendered(<ComparisonTable tiers={tiers} />);
  return [...container.querySelectorAll('tbody tr')].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
}

test('each tier says how it limits AI requests', () => {
  const few = { requests_per_minute: 20, concurrent: 4, models: ['small', 'tiny'], largest_request: 4000 };
  expect(
    rows([tier('free', { ai_limits: few }), tier('pro', { ai_limits: { largest_request: 16_000 } })]),
  ).toEqual([
    ['AI requests', '3 a day', '3 a day'],
    ['One AI request of the plan', 'Up to 4,000 tokens', 'Up to 16,000 tokens'],
    ['AI requests a minute', '20', 'Unlimited'],
    ['AI requests at a time', '4', 'Unlimited'],
    ['AI models', 'smalltiny', 'All'],
  ]);
});

test('what no tier limits is not told', () => {
  expect(rows([tier('free'), tier('pro')]).map(([name]) => name)).toEqual([
    'AI requests',
    'One AI request of the plan',
  ]);
});
