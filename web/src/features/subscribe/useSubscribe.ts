import type { Stripe } from '@stripe/stripe-js';
import { useRef } from 'react';
import { getOverview } from '../../api/queries';
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

type Paid = Order & { payment_method_id: string };

/**
 * Subscribes, with whatever the bank wants in between. Resolves once Stripe has taken the card; that the subscription
 * began is told by its webhook.
 */
export function useSubscribe() {
  const attempts = useRef(new Attempts<{ order: Paid; unpaid: boolean }>());
  const trials = useRef(new Attempts<Paid>());

  const begin = async (stripe: Stripe, order: Order, method: () => Promise<string>) => {
    const overview = await getOverview();
    const { paid, confirm } = await attempts.current.send(
      async () => ({
        order: { ...order, payment_method_id: await method() },
        unpaid: isUnpaid(overview, order),
      }),
      async ({ order: paid, unpaid }, key) => {
        const answer = unpaid
          ? await postPay({ payment_method_id: paid.payment_method_id }, key)
          : await postSubscribe(paid, key);
        return { paid, confirm: answer.confirm };
      },
    );
    if (confirm) await confirmNextAction(stripe, confirm);
    // The card of a trial is set up now; only asking again makes the subscription.
    return confirm?.intent === 'setup' ? paid : null;
  };

  return async (stripe: Stripe, order: Order, method: () => Promise<string>) => {
    const trial = trials.current.unclear ?? (await begin(stripe, order, method));
    if (!trial) return;
    const { confirm } = await trials.current.send(async () => trial, postSubscribe);
    if (confirm) await confirmNextAction(stripe, confirm);
  };
}
