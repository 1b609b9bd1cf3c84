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
  needs_confirmation: false,
  lines: [],
  ...extra,
});

test('what is owed is what is open, together', () => {
  const open = invoice({ status: 'open' });
  expect(openPayment([open, invoice({}), invoice({ status: 'void' }), open])).toEqual({
    amount: 10_800,
    currency: 'usd',
    needsConfirmation: false,
  });
  expect(openPayment([invoice({}), invoice({ status: 'open', amount_due: 0 })])).toBeNull();
});

test('one that the bank wants confirmed is what there is to do', () => {
  expect(openPayment([invoice({ status: 'open', needs_confirmation: true })])?.needsConfirmation).toBe(true);
});
