import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import {
  Billing,
  type HeldRequest,
  HoldNotHeldError,
  isBillingError,
  type Member,
  OutOfTokensError,
  type Unrecorded,
} from '@allthrive/billing-client';
import { FlakyProxy, newSubject, Server } from './server.js';

const server = new Server();
let key = '';
let proxy: FlakyProxy;
let subject = '';
let member: Member;
before(async () => {
  await server.start();
  key = server.newKey();
});
after(() => server.stop());

/** Somebody with tokens, whose allowance is used up: so that tokens pay. */
beforeEach(async () => {
  proxy = await new FlakyProxy(server.url).start();
  subject = newSubject();
  member = new Billing({ url: server.url, serviceKey: key }).onBehalfOf(subject);
  await server.buyTokens(subject);
  for (let i = 0; i < 3; i += 1) await member.consume();
});
afterEach(() => proxy.stop());

/** Available and held; this costs one. */
async function left(): Promise<[number, number]> {
  const { balance } = await member.consume();
  return [balance.available + 1, balance.held];
}

test('what was used is paid, and the rest given back', async () => {
  const essay = await member.withHold(
    4_000,
    async (held) => {
      assert.deepEqual([held.hold?.status, held.hold?.source, held.hold?.tokens], ['held', 'tokens', 4_000]);
      held.used(400);
      held.used(812);
      return 'an essay';
    },
    { feature: 'essay', model: 'gpt-5-mini' },
  );
  assert.equal(essay, 'an essay');
  assert.deepEqual(await left(), [100_000 - 812, 0]);
});

test('who says nothing pays the estimate', async () => {
  await member.withHold(4_000, () => null);
  assert.deepEqual(await left(), [96_000, 0]);
});

test('work that fails pays nothing, or what was used until then', async () => {
  const failing = (used: number | null) =>
    member.withHold(4_000, async (held) => {
      if (used !== null) held.used(used);
      throw new Error('the AI is tired');
    });
  await assert.rejects(failing(null), /tired/);
  await assert.rejects(failing(0), /tired/);
  assert.deepEqual(await left(), [100_000, 0]);
  await assert.rejects(failing(300), /tired/);
  assert.deepEqual(await left(), [100_000 - 1 - 300, 0]);
});

test('more than there is cannot be held, and the work is not done', async () => {
  const work = member.withHold(100_001, () => assert.fail('was let through'));
  await assert.rejects(work, OutOfTokensError);
});

test('work that ran longer than its hold is paid all the same', async () => {
  await member.withHold(
    4_000,
    async (held) => {
      await server.advance(61);
      held.used(812);
    },
    { expiresIn: 60 },
  );
  assert.deepEqual(await left(), [100_000 - 812, 0]);
});

test('a hold that nobody ends gives everything back by itself', async () => {
  const hold = await member.authorize(4_000, { expiresIn: 60 });
  await server.advance(61);
  await assert.rejects(member.void(hold.id), (error) => {
    assert.ok(error instanceof HoldNotHeldError);
    return error.hold?.status === 'expired';
  });
});

test('another process can end a hold', async () => {
  const hold = await member.authorize(4_000);
  assert.equal((await member.capture(hold.id, { tokens: 812 })).paid, 812);
  assert.equal((await member.capture(hold.id, { tokens: 812 })).paid, 812);
  await assert.rejects(member.void(hold.id), HoldNotHeldError);
  assert.equal((await member.void((await member.authorize(10)).id)).status, 'voided');
  assert.equal((await member.capture((await member.authorize(10)).id)).estimated, true);
});

test('a request that was done under its key is not done again', async () => {
  const done: number[] = [];
  const work = (n: number) =>
    member.withHold(
      4_000,
      (held) => {
        done.push(n);
        held.used(812);
      },
      { idempotencyKey: 'task-7' },
    );
  await work(1);
  await assert.rejects(work(2), HoldNotHeldError);
  assert.deepEqual(done, [1]);
});

test('lost answers hold and pay once', async () => {
  const behind = new Billing({ url: proxy.url, serviceKey: key }).onBehalfOf(subject);
  proxy.faults = ['after'];
  await behind.withHold(4_000, (held) => {
    proxy.faults = ['after', 'before'];
    held.used(812);
  });
  assert.equal(proxy.keysOf('/holds/').length, 2);
  assert.equal(new Set(proxy.keysOf('/holds/')).size, 1);
  assert.equal(proxy.keysOf('/capture/').length, 3);
  assert.deepEqual(await left(), [100_000 - 812, 0]);
});

test('work that cannot be captured is reported, and recorded later, once', async () => {
  const reported: Unrecorded[] = [];
  const logged: string[] = [];
  const behind = new Billing({
    url: proxy.url,
    serviceKey: key,
    maxAttempts: 2,
    onUnrecorded: (event) => reported.push(event),
    log: (message) => logged.push(message),
  });
  const result = await behind.onBehalfOf(subject).withHold(
    4_000,
    (held) => {
      proxy.faults = ['after', 'before'];
      held.used(812);
      return 'an essay';
    },
    { feature: 'essay' },
  );
  assert.equal(result, 'an essay');
  const [event] = reported;
  assert.ok(event && reported.length === 1);
  assert.deepEqual([event.kind, event.tokens, event.feature], ['capture', 812, 'essay']);
  assert.match(logged.join('\n'), new RegExp(`not recorded.*${event.holdId}`));
  await behind.record(event);
  await behind.record(event);
  assert.deepEqual(await left(), [100_000 - 812, 0]);
});

test('a task that is run twice without billing is recorded once', async () => {
  const reported: Unrecorded[] = [];
  const behind = new Billing({
    url: proxy.url,
    serviceKey: key,
    maxAttempts: 1,
    onUnrecorded: (event) => reported.push(event),
    log: () => {},
  });
  // The first hold does arrive, under the same key: it is another request than what is recorded.
  proxy.faults = ['after', 'before', 'before', 'before'];
  const again = behind.onBehalfOf(subject);
  const options = { feature: 'essay', onUnreachable: 'allow' } as const;
  const work = (held: HeldRequest) => held.used(812);
  for (let i = 0; i < 2; i += 1) await again.withHold(4_000, work, { ...options, idempotencyKey: 'task-8' });
  for (let i = 0; i < 2; i += 1) await again.withHold(4_000, work, options);
  const keys = reported.map(({ idempotencyKey }) => idempotencyKey);
  assert.deepEqual(keys.slice(0, 2), ['task-8', 'task-8']);
  assert.equal(new Set(keys).size, 3);
  for (const event of reported.slice(0, 2)) await behind.record(event);
  assert.deepEqual(await left(), [100_000 - 4_000 - 812, 4_000]);
});

test('who aborts leaves at once, and the hold is given back', async () => {
  const leaving = new AbortController();
  const work = member.withHold(
    4_000,
    async () => {
      leaving.abort(new Error('the browser is gone'));
      leaving.signal.throwIfAborted();
    },
    { signal: leaving.signal },
  );
  await assert.rejects(work, (error) => !isBillingError(error) && /gone/.test(String(error)));
  assert.deepEqual(await left(), [100_000, 0]);
});
