import { expect, test } from 'vitest';
import type { KeptCard } from '../../api/shapes';
import { savedCards } from './savedCards';

const card = (id: string, extra: Partial<KeptCard> = {}): KeptCard => ({
  id,
  brand: 'visa',
  last4: '4242',
  exp_month: 12,
  exp_year: 2040,
  is_default: false,
  expired: false,
  expires_soon: false,
  ...extra,
});

test('every card that is kept can pay, first the one that pays anyway, and none that has expired', () => {
  const kept = [card('new'), card('old', { expired: true }), card('mine', { is_default: true })];
  expect(savedCards(kept).map(({ id }) => id)).toEqual(['mine', 'new']);
});
