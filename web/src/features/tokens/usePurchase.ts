import type { Stripe } from '@stripe/stripe-js';
import { useRef, useState } from 'react';
import { Problem } from '../../api/problem';
import type { Purchase } from '../../api/shapes';
import { Attempts } from '../../lib/attempts';
import { confirmNextAction } from '../../lib/stripe';
import type { Consent } from '../paying/ConsentBoxes';
import { postPayPurchase, postPurchase } from './purchaseCalls';

/**
 * Buys a package, with whatever the bank wants in between. A card that was refused does not begin another purchase: the
 * next card pays the same one. `buy` resolves with the purchase once Stripe has taken the card.
 */
export function usePurchase(packageSlug: string, givenConsent: Consent | undefined) {
  const [attempts] = useState(
    () => new Attempts<{ card: string; open: Purchase | null; consent?: Consent }>(`purchase ${packageSlug}`),
  );
  const begun = useRef<Purchase | null>(null);
  const buy = async (stripe: Stripe, method: () => Promise<string>): Promise<Purchase> => {
    try {
      const { purchase, confirm } = await attempts.send(
        async () => ({ card: await method(), open: begun.current, consent: givenConsent }),
        ({ card, open, consent }, key) =>
          open
            ? postPayPurchase(open.id, card, key)
            : postPurchase({ package_slug: packageSlug, payment_method_id: card, consent }, key),
      );
      begun.current = purchase;
      if (confirm) await confirmNextAction(stripe, confirm);
      return purchase;
    } catch (error) {
      if (error instanceof Problem && error.document.purchase) begun.current = error.document.purchase;
      throw error;
    }
  };
  return { buy, isUnclear: () => attempts.unclear !== undefined };
}
