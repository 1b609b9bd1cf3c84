// @vitest-environment happy-dom
import { QueryClient } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { paywall } from '../../api/paywall';
import { Problem } from '../../api/problem';
import { balanceQuery, meQuery, overviewQuery } from '../../api/queries';
import { changePreviewQuery } from '../change_plan/changeCalls';
import { subscribePreviewQuery } from '../subscribe/subscribeCalls';
import { watchSession } from './watchSession';

let queries: QueryClient;
let stop: () => void;
const plan = { tier_slug: 'community-pro', billing_period: 'monthly' } as const;
const quotes = [changePreviewQuery(plan).queryKey, subscribePreviewQuery({ ...plan, trial: false }).queryKey];
const beginAnew = vi.fn();
const ada = { id: 'ada' };

const answers = (queryKey: readonly unknown[], queryFn: () => unknown) =>
  queries.fetchQuery({ queryKey, queryFn, staleTime: 0, retry: false }).catch(() => {});

beforeEach(async () => {
  queries = new QueryClient();
  stop = watchSession(queries, beginAnew);
  await answers(meQuery.queryKey, () => ada);
  queries.setQueryData(balanceQuery.queryKey, { available: 1 } as never);
  for (const key of quotes) queries.setQueryData(key, { due_today: 1 } as never);
});

afterEach(() => {
  stop();
  beginAnew.mockReset();
  vi.unstubAllGlobals();
});

function expectForgotten() {
  expect(beginAnew).toHaveBeenCalledTimes(1);
  expect(queries.getQueryData(balanceQuery.queryKey)).toBeUndefined();
  for (const key of quotes) expect(queries.getQueryData(key)).toBeUndefined();
}

const unauthenticated = new Problem({
  type: 'about:blank',
  title: 'no',
  status: 401,
  code: 'unauthenticated',
});

test.each<[string, readonly unknown[], () => unknown]>([
  ['nobody is here any more', meQuery.queryKey, () => null],
  ['somebody else is here', meQuery.queryKey, () => ({ id: 'grace' })],
  ['what is a member’s is refused', balanceQuery.queryKey, () => Promise.reject(unauthenticated)],
  ['the plan is nobody’s', overviewQuery.queryKey, () => null],
])('%s: the member before is forgotten', async (_, key, answer) => {
  await answers(key, answer);
  expectForgotten();
});

test('the same member, or another refusal, changes nothing', async () => {
  await answers(meQuery.queryKey, () => ({ ...ada }));
  await answers(balanceQuery.queryKey, () =>
    Promise.reject(new Problem({ ...unauthenticated.document, status: 403, code: 'not_allowed' })),
  );
  expect(beginAnew).not.toHaveBeenCalled();
  for (const key of quotes) expect(queries.getQueryData(key)).toEqual({ due_today: 1 });
});

test('what waits for tokens is given up, and not asked as the next member', async () => {
  const asked = vi.fn(
    async () =>
      new Response(JSON.stringify({ status: 403, code: 'out_of_tokens' }), {
        status: 403,
        headers: { 'content-type': 'application/problem+json' },
      }),
  );
  vi.stubGlobal('fetch', asked);
  const answer = paywall.fetch('https://billing.example/api/v1/ai/chat/', { method: 'POST' });
  await vi.waitFor(() => expect(paywall.state().waiting).toBe(1));
  await answers(meQuery.queryKey, () => ({ id: 'grace' }));
  expect((await answer).status).toBe(403);
  expect(asked).toHaveBeenCalledTimes(1);
});

test('another tab has it asked who is here', async () => {
  vi.stubGlobal('fetch', async () => Response.json({ user: { id: 'grace' } }));
  const other = new BroadcastChannel('allthrive-session');
  other.postMessage('changed');
  await vi.waitFor(() => expectForgotten());
  other.close();
});
