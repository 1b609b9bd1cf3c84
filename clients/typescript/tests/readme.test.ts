import assert from 'node:assert/strict';
import { after, before, mock, test } from 'node:test';
import type { Unrecorded } from '@allthrive/billing-client';
import { Server } from './server.js';

const server = new Server();
before(() => server.start());
after(() => server.stop());

test('the code of the README does what it says', async () => {
  process.env.BILLING_URL = server.url;
  process.env.BILLING_KEY = server.newKey();
  await server.subscribe('42', 'community-pro');
  const readme = await import('./readme.js');
  const { member } = readme;
  assert.equal(readme.blocks.length, 4);
  for (const block of readme.blocks) await block();
  // The first block, two holds, two lines of "When billing is down".
  assert.equal((await member.usage()).today.ai_requests, 5);

  for (const [user, status] of [
    [null, 401],
    ['43', 403],
    ['42', 200],
  ] as const) {
    const headers: Record<string, string> = user === null ? {} : { 'x-user': user };
    const answer = await readme.POST(new Request('https://host.example/agents', { headers }));
    assert.equal(answer.status, status);
  }

  const [handler] = readme.app.handlers;
  const said: unknown[] = [];
  const response = {
    status: (code: number) => {
      said.push(code);
      return response;
    },
    set: () => response,
    send: (body: string) => {
      said.push(JSON.parse(body).code);
    },
  };
  for (let i = 0; i < 3; i += 1) await readme.billing.onBehalfOf('44').consume();
  const refusal = await readme.billing
    .onBehalfOf('44')
    .consume()
    .catch((error: unknown) => error);
  handler?.(refusal, {}, response, () => assert.fail('was no refusal'));
  const other = new Error('another');
  handler?.(other, {}, response, (error) => said.push(error));
  assert.deepEqual(said, [403, 'out_of_ai_requests', other]);

  // An event that cannot be paid any more does not keep back those behind it: 44 has nothing left.
  const { later, recordAll, patient } = readme;
  const event = (subject: string, tokens: number, idempotencyKey: string): Unrecorded => {
    const none = { feature: null, model: null, holdId: null };
    return { kind: 'consume', subject, tokens, idempotencyKey, ...none, cause: 'billing was down' };
  };
  // Nothing is left; paid.
  later.push(event('44', 1, 'a'), event('45', 1, 'b'));
  const down = mock.method(globalThis, 'fetch', () => Promise.reject(new TypeError('fetch failed')));
  await recordAll();
  down.mock.restore();
  assert.equal(later.length, 2);
  // The same again; another cost under its key; paid.
  later.push(event('45', 1, 'b'), event('45', 2, 'b'), event('45', 1, 'c'));
  await recordAll();
  assert.deepEqual(later, []);
  assert.equal((await patient.onBehalfOf('45').usage()).today.ai_requests, 2);
});
