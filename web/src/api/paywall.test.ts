// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { Paywall } from './paywall';

const URL = 'https://billing.example/api/v1/ai/chat/';

const refused = (code = 'out_of_ai_requests', status = 403) =>
  new Response(JSON.stringify({ type: 'about:blank', title: 'no', status, code }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });

/** A server that answers one after the other, and what it was asked. */
function server(...answers: Response[]) {
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(await request.text());
    const answer = answers.shift();
    if (!answer) throw new Error('asked once too often');
    return answer;
  });
  return asked;
}

const post = (paywall: Paywall, body: string, signal?: AbortSignal) =>
  paywall.fetch(URL, { method: 'POST', body, signal });

afterEach(() => vi.unstubAllGlobals());

test('a request that is refused for want of tokens goes on, as it was, once something was bought', async () => {
  const asked = server(refused(), new Response('yes'));
  const paywall = new Paywall();
  const answer = post(paywall, 'a question');
  await vi.waitFor(() => expect(paywall.state()).toMatchObject({ waiting: 1, open: true }));
  expect(paywall.state().problem?.code).toBe('out_of_ai_requests');
  expect(paywall.resume()).toBe(`${window.location.pathname}${window.location.search}`);
  expect(await (await answer).text()).toBe('yes');
  expect(asked).toEqual(['a question', 'a question']);
  expect(paywall.state()).toEqual({ problem: null, waiting: 0, open: false });
});

test('one that is refused again waits again', async () => {
  server(refused(), refused('out_of_tokens'), new Response('yes'));
  const paywall = new Paywall();
  const answer = post(paywall, 'a question');
  for (const code of ['out_of_ai_requests', 'out_of_tokens']) {
    await vi.waitFor(() => expect(paywall.state().problem?.code).toBe(code));
    paywall.resume();
  }
  expect((await answer).status).toBe(200);
});

test('what is given up is refused, with the body that the server gave', async () => {
  server(refused());
  const paywall = new Paywall();
  const answer = post(paywall, 'a question');
  await vi.waitFor(() => expect(paywall.state().waiting).toBe(1));
  paywall.giveUp();
  expect((await answer).status).toBe(403);
  expect((await (await answer).json()).code).toBe('out_of_ai_requests');
  expect(paywall.resume()).toBeNull();
});

test('put away, it waits on, and can be shown again', async () => {
  server(refused(), new Response('yes'));
  const paywall = new Paywall();
  const answer = post(paywall, 'a question');
  await vi.waitFor(() => expect(paywall.state().open).toBe(true));
  paywall.putAway();
  expect(paywall.state()).toMatchObject({ waiting: 1, open: false });
  paywall.show();
  expect(paywall.state().open).toBe(true);
  paywall.resume();
  await answer;
  paywall.show();
  expect(paywall.state().open).toBe(false);
});

test('all that wait go on together', async () => {
  server(refused(), refused(), new Response('yes'), new Response('yes'));
  const paywall = new Paywall();
  const answers = [post(paywall, 'one'), post(paywall, 'two')];
  await vi.waitFor(() => expect(paywall.state().waiting).toBe(2));
  paywall.resume();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
});

test.each([
  ['another refusal', refused('email_not_verified')],
  ['the same code with another status', refused('out_of_tokens', 409)],
  ['a refusal that is no problem document', new Response('no', { status: 403 })],
  ['a yes', new Response('yes')],
])('%s passes through', async (_, answer) => {
  server(answer);
  const paywall = new Paywall();
  expect(await post(paywall, 'a question')).toBe(answer);
  expect(paywall.state().waiting).toBe(0);
});

test('who stops waiting leaves nothing that waits', async () => {
  server(refused());
  const paywall = new Paywall();
  const stop = new AbortController();
  const answer = post(paywall, 'a question', stop.signal);
  await vi.waitFor(() => expect(paywall.state().waiting).toBe(1));
  stop.abort();
  await expect(answer).rejects.toThrow();
  expect(paywall.state()).toEqual({ problem: null, waiting: 0, open: false });
});
