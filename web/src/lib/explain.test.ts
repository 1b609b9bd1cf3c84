import { expect, test } from 'vitest';
import { Problem, Unreachable } from '../api/problem';
import { en } from '../i18n/en';
import { createWords } from '../i18n/words';
import { explain, explainDecline } from './explain';

const words = createWords('en', en);
const problem = (status: number, code: string, more = {}) =>
  new Problem({ type: 'about:blank', title: 'title', status, code, ...more });

test('a decline is told in words that help', () => {
  const poor = explain(problem(402, 'card_declined', { decline_code: 'insufficient_funds' }), words);
  expect(poor).toEqual({ title: en['decline.insufficient_funds'], notCharged: true });
  expect(explainDecline('stolen_card', words).title).toBe(en['decline.card_declined']);
  expect(explainDecline('payment_intent_authentication_failure', words).title).toBe(
    en['decline.authentication_failed'],
  );
});

test('that nothing was charged is said only where it is known', () => {
  expect(explain(new Unreachable('lost'), words).notCharged).toBe(false);
  expect(explain(problem(503, 'stripe_unavailable'), words).notCharged).toBe(false);
  expect(explain(problem(429, 'unknown'), words).notCharged).toBe(false);
  expect(explain(problem(408, 'unknown'), words).notCharged).toBe(false);
  expect(explain(problem(402, 'unknown'), words).notCharged).toBe(false);
  expect(explain(problem(409, 'idempotency_key_in_use'), words).notCharged).toBe(false);
  expect(explain(problem(422, 'payment_method_required'), words).notCharged).toBe(true);
  expect(explain(problem(409, 'already_subscribed'), words).notCharged).toBe(true);
});

test('what has no words of its own tells what the server said', () => {
  const errors = [{ field: 'email', reason: 'is not an address' }];
  expect(explain(problem(422, 'invalid_request', { errors }), words).detail).toBe('email is not an address');
});
