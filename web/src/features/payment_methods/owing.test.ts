import { expect, test } from 'vitest';
import { nobodyYet, subscriptionWith } from '../../api/shapes.samples';
import { owingOf } from './owing';

const owing = (status: string) => owingOf({ ...nobodyYet, subscription: subscriptionWith({ status }) });

test('another card is charged at once while a payment is missing, and only then', () => {
  expect(owing('past_due')).toBe('renewal');
  expect(owing('unpaid')).toBe('renewal');
  expect(owing('incomplete')).toBe('first');
  for (const status of ['active', 'trialing', 'paused']) expect(owing(status)).toBeNull();
  expect(owingOf(nobodyYet)).toBeNull();
  expect(owingOf(null)).toBeNull();
});
