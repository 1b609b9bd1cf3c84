import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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
  assert.equal(readme.blocks.length, 5);
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
});
