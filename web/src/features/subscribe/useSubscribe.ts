import type { Stripe } from '@stripe/stripe-js';
import { useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { overviewQuery } from '../../api/queries';
import type { Overview } from '../../api/shapes';
import { Attempts } from '../../lib/attempts';
import { confirmNextAction } from '../../lib/stripe';
import { type Order, postPay, postSubscribe } from './subscribeCalls';

/** A subscription whose first payment is missing is paid, not made again. */
function isUnpaid(overview: Overview | null, order: Order): boolean {
  const live = overview?.subscription;
  return (
    live?.status === 'incomplete' &&
    live.tier_slug === order.tier_slug &&
    live.billing_period === order.billing_period
  );
}

/**
 * Subscribes, with whatever the bank wants in between. Resolves once Stripe has taken the card; that the subscription
 * began is told by its webhook.
 */
export function useSubscribe() {
  const queries = useQueryClient();
  const attempts = useRef(new Attempts());
  return async (stripe: Stripe, order: Order, method: () => Promise<string>) => {
    const overview = await queries.fetchQuery({ ...overviewQuery, staleTime: 0 });
    const first = await attempts.current.send(
      async () => ({ card: await method(), unpaid: isUnpaid(overview, order) }),
      async ({ card, unpaid }, key) => {
        const answer = unpaid
          ? await postPay({ payment_method_id: card }, key)
          : await postSubscribe({ ...order, payment_method_id: card }, key);
        return { card, confirm: answer.confirm };
      },
    );
    if (!first.confirm) return;
    await confirmNextAction(stripe, first.confirm);
    if (first.confirm.intent !== 'setup') return;
    // The card of a trial is set up now; only this makes the subscription.
    const again = await attempts.current.send(
      async () => ({ ...order, payment_method_id: first.card }),
      postSubscribe,
    );
    if (again.confirm) await confirmNextAction(stripe, again.confirm);
  };
}
