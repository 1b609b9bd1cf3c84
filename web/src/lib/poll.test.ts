import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { poll } from './poll';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Answers from a list, one after the other; the last one for ever. */
const from = (answers: (string | Error)[]) => {
  const left = [...answers];
  return vi.fn(async () => {
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer instanceof Error) throw answer;
    return answer;
  });
};
const isThere = (answer: string | undefined) => answer === 'there';

test('asks until it is there, also after an answer that was lost', async () => {
  const ask = from(['not yet', new Error('lost'), 'there']);
  const slow = vi.fn();
  const there = poll(ask, isThere, new AbortController().signal, slow);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await there).toBe(true);
  expect(ask).toHaveBeenCalledTimes(3);
  expect(slow).not.toHaveBeenCalled();
});

test('says once that it takes longer, and goes on asking', async () => {
  const ask = from([...Array<string>(42).fill('not yet'), 'there']);
  const slow = vi.fn();
  const there = poll(ask, isThere, new AbortController().signal, slow);
  await vi.advanceTimersByTimeAsync(19_900);
  expect(slow).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1000);
  expect(slow).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await there).toBe(true);
  expect(slow).toHaveBeenCalledTimes(1);
});

test('ends when its page is left', async () => {
  const left = new AbortController();
  const ask = from(['not yet']);
  const there = poll(ask, isThere, left.signal, () => {});
  await vi.advanceTimersByTimeAsync(700);
  left.abort();
  await vi.advanceTimersByTimeAsync(1000);
  expect(await there).toBe(false);
  expect(ask).toHaveBeenCalledTimes(2);
});
