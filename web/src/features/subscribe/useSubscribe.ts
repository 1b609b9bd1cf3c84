import type { Stripe } from '@stripe/stripe-js';
import { useState } from 'react';
import { getInvoices, getOverview } from '../../api/queries';
import { Attempts } from '../../lib/attempts';
import { confirmNextAction } from '../../lib/stripe';
import { openPayment } from '../paying/openPayment';
import { type Order, postPay, postSubscribe } from './subscribeCalls';

/** A subscription whose first payment is missing is paid, not made again: if it is for the very amount that was shown. */
async function isUnpaid(order: Order, due: number): Promise<boolean> {
  const live = (await getOverview())?.subscription;
  const isSame = live?.tier_slug === order.tier_slug && live.billing_period === order.billing_period;
  if (live?.status !== 'incomplete' || !isSame) return false;
  return openPayment((await getInvoices()).data)?.amount === due;
}

type Paid = Order & { payment_method_id: string };

interface Subscribe {
  order: Order;
  /** Minor units that were shown as due today. */
  due: number;
}

/**
 * Subscribes, with whatever the bank wants in between. `subscribe` resolves once Stripe has taken the card; that the
 * subscription began is told by its webhook. `unclear` is the order of which it is not known what became: it is asked
 * for again as it was.
 */
export function useSubscribe(name: string) {
  const [attempts] = useState(() => new Attempts<{ order: Paid; unpaid: boolean }>(`subscribe ${name}`));
  const [trials] = useState(() => new Attempts<Paid>(`trial ${name}`));

  const begin = async (stripe: Stripe, { order, due }: Subscribe, method: () => Promise<string>) => {
    const { paid, confirm } = await attempts.send(
      async () => ({
        order: { ...order, payment_method_id: await method() },
        unpaid: await isUnpaid(order, due),
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

  return {
    unclear: (): Order | undefined => trials.unclear ?? attempts.unclear?.order,
    subscribe: async (stripe: Stripe, asked: Subscribe, method: () => Promise<string>) => {
      const trial = trials.unclear ?? (await begin(stripe, asked, method));
      if (!trial) return;
      const { confirm } = await trials.send(async () => trial, postSubscribe);
      if (confirm) await confirmNextAction(stripe, confirm);
    },
  };
}
