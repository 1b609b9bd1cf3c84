import { queryOptions, useQuery } from '@tanstack/react-query';
import { getInvoices, MINE } from '../../api/queries';
import type { Invoice } from '../../api/shapes';

export interface OpenPayment {
  /** Minor units of `currency`. */
  amount: number;
  currency: string;
  /** The bank wants its holder to confirm it. */
  needsConfirmation: boolean;
}

/** What `subscription/pay/` charges of these invoices; null where that is nothing. */
export function openPayment(invoices: Invoice[]): OpenPayment | null {
  const open = invoices.filter(({ owed, amount_due, amount_paid }) => owed && amount_due > amount_paid);
  const [first] = open;
  if (!first) return null;
  return {
    amount: open.reduce((sum, { amount_due, amount_paid }) => sum + amount_due - amount_paid, 0),
    currency: first.currency,
    needsConfirmation: open.some(({ needs_confirmation }) => needs_confirmation),
  };
}

/** Of all invoices: what is owed may be old. */
export const openPaymentQuery = queryOptions({
  queryKey: [MINE, 'open-payment'],
  queryFn: async () => {
    const all: Invoice[] = [];
    let cursor: string | undefined;
    do {
      const page = await getInvoices(cursor);
      all.push(...page.data);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    return openPayment(all);
  },
});

/** Null also while that is not known: the page says then what it knows. */
export function useOpenPayment(): OpenPayment | null {
  return useQuery(openPaymentQuery).data ?? null;
}
