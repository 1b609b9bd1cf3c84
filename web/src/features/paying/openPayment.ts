import { useInfiniteQuery } from '@tanstack/react-query';
import { invoicesQuery } from '../../api/queries';
import type { Invoice } from '../../api/shapes';

export interface OpenPayment {
  /** Minor units of `currency`. */
  amount: number;
  currency: string;
  /** The bank wants its holder to confirm it. */
  needsConfirmation: boolean;
}

/** What a member owes by these invoices; null where that is nothing. */
export function openPayment(invoices: Invoice[]): OpenPayment | null {
  const open = invoices.filter(({ status, amount_due }) => status === 'open' && amount_due > 0);
  const [first] = open;
  if (!first) return null;
  return {
    amount: open.reduce((sum, { amount_due }) => sum + amount_due, 0),
    currency: first.currency,
    needsConfirmation: open.some(({ needs_confirmation }) => needs_confirmation),
  };
}

/** Null also while that is not known: the page says then what it knows. */
export function useOpenPayment(): OpenPayment | null {
  const { data } = useInfiniteQuery(invoicesQuery);
  return openPayment(data?.pages.flatMap((page) => page.data) ?? []);
}
