import { expect, test } from 'vitest';
import { Problem, Unreachable } from '../api/problem';
import { Attempts } from './attempts';

const problem = (status: number, code: string) =>
  new Problem({ type: 'about:blank', title: code, status, code });

async function tell(errors: (Error | null)[]) {
  const attempts = new Attempts<number>();
  const seen: { request: number; key: string }[] = [];
  let made = 0;
  for (const error of errors) {
    const make = async () => {
      made += 1;
      return made;
    };
    const call = async (request: number, key: string) => {
      seen.push({ request, key });
      if (error) throw error;
      return 'done';
    };
    await attempts.send(make, call).catch(() => {});
  }
  return seen;
}

test('an answer that was lost is asked for again: the same request, under the same key', async () => {
  const [first, second, third] = await tell([
    new Unreachable('lost'),
    problem(503, 'stripe_unavailable'),
    null,
  ]);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
});

test('after a no the next request is a new one', async () => {
  const [first, second] = await tell([problem(402, 'card_declined'), null]);
  expect(second?.request).toBe(2);
  expect(second?.key).not.toBe(first?.key);
});

test('while the first is still being cleared up, it is asked for again', async () => {
  const [first, second] = await tell([problem(409, 'idempotency_key_in_use'), null]);
  expect(second).toEqual(first);
});

test('what led to a request is known until it is clear what became of it', async () => {
  const attempts = new Attempts<string>();
  const fail = (error: Error) =>
    attempts
      .send(
        async () => 'a card',
        () => Promise.reject(error),
      )
      .catch(() => {});
  await fail(new Unreachable('lost'));
  expect(attempts.unclear).toBe('a card');
  await fail(problem(402, 'card_declined'));
  expect(attempts.unclear).toBeUndefined();
});
