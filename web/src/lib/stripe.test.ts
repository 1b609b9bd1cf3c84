import type { StripeError } from '@stripe/stripe-js';
import { expect, test } from 'vitest';
import { Unreachable } from '../api/problem';
import { CardRefused, refusal } from './stripe';

const of = (type: StripeError['type'], code?: string) => refusal({ type, code } as StripeError);

test('what is known as a refusal is one: nothing was charged', () => {
  expect(of('card_error', 'card_declined')).toBeInstanceOf(CardRefused);
  expect(of('invalid_request_error', 'payment_intent_authentication_failure')).toBeInstanceOf(CardRefused);
  expect(of('invalid_request_error', 'setup_intent_authentication_failure')).toBeInstanceOf(CardRefused);
});

test('what Stripe could not be asked, or says of its own state, is no refusal', () => {
  expect(of('api_connection_error')).toBeInstanceOf(Unreachable);
  expect(of('api_error')).toBeInstanceOf(Unreachable);
  // Among others: it was paid meanwhile.
  expect(of('invalid_request_error', 'payment_intent_unexpected_state')).not.toBeInstanceOf(CardRefused);
});
