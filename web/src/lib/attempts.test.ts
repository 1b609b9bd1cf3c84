import { expect, test, vi } from 'vitest';
import { Problem, Unreachable } from '../api/problem';
import { Attempts, forgetAttempts } from './attempts';

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

test('what only a proxy has said, or was refused at the door, says nothing of the first', async () => {
  for (const status of [408, 429]) {
    const [first, second] = await tell([problem(status, 'unknown'), null]);
    expect(second).toEqual(first);
  }
  const [first, , third] = await tell([new Unreachable('lost'), problem(401, 'unauthenticated'), null]);
  expect(third).toEqual(first);
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

test('an answer that cannot be read says nothing of what was done', async () => {
  const [first, second] = await tell([new SyntaxError('cut off'), null]);
  expect(second).toEqual(first);
});

test('what a proxy says is no word of the server', async () => {
  const [first, second] = await tell([problem(408, 'unknown'), null]);
  expect(second).toEqual(first);
});

test('a named kind is remembered by its tab until it is clear, and forgotten with its member', async () => {
  const memory = new Map<string, string>();
  vi.stubGlobal(
    'sessionStorage',
    new Proxy(
      {
        getItem: (name: string) => memory.get(name) ?? null,
        setItem: (name: string, text: string) => memory.set(name, text),
        removeItem: (name: string) => memory.delete(name),
      },
      {
        ownKeys: () => [...memory.keys()],
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      },
    ),
  );
  const keys: string[] = [];
  const call = (error: Error | null) => async (_: string, key: string) => {
    keys.push(key);
    if (error) throw error;
  };
  const make = async () => 'a card';
  await new Attempts<string>('purchase').send(make, call(new Unreachable('lost'))).catch(() => {});
  expect(new Attempts<string>('purchase').unclear).toBe('a card');
  expect(new Attempts<string>('another').unclear).toBeUndefined();
  await new Attempts<string>('purchase').send(make, call(null));
  expect(keys[1]).toBe(keys[0]);
  expect(new Attempts<string>('purchase').unclear).toBeUndefined();
  await new Attempts<string>('purchase').send(make, call(new Unreachable('lost'))).catch(() => {});
  forgetAttempts();
  expect(new Attempts<string>('purchase').unclear).toBeUndefined();
  vi.unstubAllGlobals();
});
