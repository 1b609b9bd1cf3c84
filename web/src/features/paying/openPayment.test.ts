import { expect, test } from 'vitest';
import type { Invoice } from '../../api/shapes';
import { openPayment } from './openPayment';

const invoice = (extra: Partial<Invoice>): Invoice => ({
  id: 'in_1',
  created_at: '2026-12-01T00:00:00Z',
  status: 'paid',
  description: '',
  currency: 'usd',
  subtotal: 5400,
  discount: 0,
  tax: 0,
  total: 5400,
  credit: 0,
  amount_due: 5400,
  amount_paid: 0,
  owed: false,
  needs_confirmation: false,
  lines: [],
  ...extra,
});

test('what is owed is what paying charges, together', () => {
  const open = invoice({ status: 'open', owed: true });
  const partly = invoice({ status: 'open', owed: true, amount_paid: 400 });
  // Of an upgrade that waits for its payment, or of a plan that ended: paying does not charge it.
  const apart = invoice({ status: 'open' });
  expect(openPayment([open, invoice({}), apart, partly])).toEqual({
    amount: 10_400,
    currency: 'usd',
    needsConfirmation: false,
  });
  expect(openPayment([invoice({}), invoice({ status: 'open', owed: true, amount_due: 0 })])).toBeNull();
});

test('one that the bank wants confirmed is what there is to do', () => {
  expect(
    openPayment([invoice({ status: 'open', owed: true, needs_confirmation: true })])?.needsConfirmation,
  ).toBe(true);
});
