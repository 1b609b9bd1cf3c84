import { usePrefetchQuery } from '@tanstack/react-query';
import type { ComponentProps } from 'react';
import { stripeQuery } from '../../lib/stripe';
import { PaymentForm } from './PaymentForm';
import { useSavedCards } from './savedCards';

/** Pays with a card that is kept, or with another. */
export function CardPayment(props: Omit<ComponentProps<typeof PaymentForm>, 'saved'>) {
  // Beside the cards, not after them.
  usePrefetchQuery(stripeQuery(props.config));
  return <PaymentForm {...props} saved={useSavedCards()} />;
}
