import type { Stripe, StripeError } from '@stripe/stripe-js';
import { loadStripe } from '@stripe/stripe-js/pure';
import { queryOptions } from '@tanstack/react-query';
import { Unreachable } from '../api/problem';
import type { Config, Confirm } from '../api/shapes';

/**
 * Stripe.js, from where the server says: Stripe, or the sandbox, whose script is another Stripe.js. `loadStripe` takes
 * the one that is there. Loaded when somebody is about to pay, and not before.
 */
export const stripeQuery = (config: Config) =>
  queryOptions({
    queryKey: ['stripe', config.stripe_js_url, config.stripe_publishable_key],
    queryFn: async (): Promise<Stripe> => {
      if (!('Stripe' in window)) await loadScript(config.stripe_js_url);
      const stripe = await loadStripe(config.stripe_publishable_key);
      if (!stripe) throw new Error('Stripe.js did not load');
      return stripe;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    // It is no data: it must not be copied.
    structuralSharing: false,
    retry: 1,
  });

function loadScript(src: string): Promise<void> {
  return new Promise((loaded, failed) => {
    const script = document.createElement('script');
    script.src = src;
    script.onload = () => loaded();
    script.onerror = () => {
      // The next attempt needs a script of its own.
      script.remove();
      failed(new Error(`${src} did not load`));
    };
    document.head.append(script);
  });
}

/** The card was refused, or the bank's challenge not passed. Nothing was charged. */
export class CardRefused extends Error {
  override name = 'CardRefused';
  constructor(readonly code: string | undefined) {
    super(code ?? 'refused');
  }
}

/** What an error of Stripe.js says: a refusal where it is known as one. What else it is, is not known yet. */
export function refusal({ type, code, decline_code, message }: StripeError): Error {
  const isRefused = type === 'card_error' || type === 'validation_error';
  if (isRefused || code?.endsWith('_intent_authentication_failure'))
    return new CardRefused(decline_code ?? code);
  if (type === 'api_connection_error' || type === 'api_error') return new Unreachable(message ?? type);
  return new Error(message ?? type);
}

/** Leads the member through 3D Secure, if the bank wants it. Throws what `refusal` makes of its error. */
export async function confirmNextAction(stripe: Stripe, confirm: Confirm): Promise<void> {
  const { error } = await stripe.handleNextAction({ clientSecret: confirm.client_secret });
  if (error) throw refusal(error);
}
