import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, mock, test } from 'node:test';
import {
  Billing,
  FeatureNotInTierError,
  isUnreachable,
  OutOfAiRequestsError,
  type Unrecorded,
} from '@allthrive/billing-client';
import { type Fault, FlakyProxy, freePort, newSubject, Server } from './server.js';

const server = new Server();
let serviceKey = '';
let proxy: FlakyProxy;
before(async () => {
  await server.start();
  serviceKey = server.newKey();
});
after(() => server.stop());
beforeEach(async () => {
  proxy = await new FlakyProxy(server.url).start();
});
afterEach(() => proxy.stop());

const behind = (options = {}) => new Billing({ url: proxy.url, serviceKey, ...options });

const lost: Fault[][] = [['after'], ['before'], [503], [502, 'after', 'before'], [429]];
for (const faults of lost)
  test(`a request that got lost (${faults}) is sent again under its key, and paid once`, async () => {
    proxy.faults = [...faults];
    const consumed = await behind().onBehalfOf(newSubject()).consume();
    assert.equal(consumed.allowance.used, 1);
    assert.equal(consumed.replayed, faults.includes('after'));
    const keys = proxy.keysOf('/consume/');
    assert.equal(keys.length, faults.length + 1);
    assert.deepEqual([...new Set(keys)], [consumed.idempotencyKey]);
  });

test('two requests have two keys', async () => {
  const member = behind().onBehalfOf(newSubject());
  await member.consume();
  await member.consume();
  assert.equal(new Set(proxy.keysOf('/consume/')).size, 2);
});

test('trap_16: without billing only what was chosen stays open', async () => {
  const reported: Unrecorded[] = [];
  const logged: string[] = [];
  const down = new Billing({
    url: `http://127.0.0.1:${await freePort()}`,
    serviceKey,
    maxAttempts: 1,
    onUnrecorded: (event) => reported.push(event),
    log: (message) => logged.push(message),
  });
  const member = down.onBehalfOf('42');
  await assert.rejects(member.consume(), (error) => {
    assert.ok(isUnreachable(error));
    const { status, headers, body } = error.forBrowser();
    assert.deepEqual(
      [status, headers['Retry-After'], JSON.parse(body).code],
      [503, '5', 'billing_unavailable'],
    );
    return true;
  });
  await assert.rejects(member.requireFeature('ai_agents'), isUnreachable);
  await assert.rejects(
    member.withHold(100, () => assert.fail('was let through')),
    isUnreachable,
  );
  assert.equal(reported.length, 0);

  const allow = { onUnreachable: 'allow' } as const;
  await member.requireFeature('ai_agents', allow);
  await member.requireRoom('projects', 10, allow);
  assert.match(logged.join('\n'), /ai_agents unchecked/);

  const consumed = await member.consume({ tokens: 7, feature: 'essay', ...allow });
  assert.equal(consumed.recorded, false);
  await member.withHold(
    100,
    (held) => {
      assert.equal(held.recorded, false);
      held.used(12);
    },
    { feature: 'essay', ...allow },
  );
  await member.withHold(100, (held) => held.used(0), allow);
  assert.deepEqual(
    reported.map(({ kind, subject, tokens, feature }) => [kind, subject, tokens, feature]),
    [
      ['consume', '42', 7, 'essay'],
      ['consume', '42', 12, 'essay'],
    ],
  );
  assert.equal(reported[0]?.idempotencyKey, consumed.idempotencyKey);
  assert.match(logged.join('\n'), /not recorded/);
});

test('what was let through can be recorded once afterwards, even if it had arrived', async () => {
  const reported: Unrecorded[] = [];
  const options = {
    maxAttempts: 1,
    onUnrecorded: (event: Unrecorded) => reported.push(event),
    log: () => {},
  };
  const billing = behind(options);
  const member = billing.onBehalfOf(newSubject());
  proxy.faults = ['after'];
  assert.equal((await member.consume({ onUnreachable: 'allow' })).recorded, false);
  const [event] = reported;
  assert.ok(event);
  await billing.record(event);
  await billing.record(event);
  assert.equal((await member.entitlements({ fresh: true })).ai_requests.used, 1);
});

test('a refusal is no outage, and not asked for again', async () => {
  const member = behind().onBehalfOf(newSubject());
  const allow = { onUnreachable: 'allow' } as const;
  await assert.rejects(member.requireFeature('ai_agents', allow), FeatureNotInTierError);
  for (let i = 0; i < 3; i += 1) await member.consume(allow);
  await assert.rejects(member.consume(allow), OutOfAiRequestsError);
  assert.equal(proxy.keysOf('/consume/').length, 4);
});

for (const status of [200, 301, 403, 404, 500])
  test(`a page of a proxy (${status}) is no answer of billing's`, async () => {
    const member = behind({ maxAttempts: 1 }).onBehalfOf(newSubject());
    for (const body of ['<h1>not billing</h1>', '{"ok":true}', 'null']) {
      proxy.body = body;
      proxy.faults = [status, status];
      await assert.rejects(member.consume(), isUnreachable);
      await assert.rejects(member.entitlements(), isUnreachable);
    }
  });

test('a server that says when to come again is not asked before', async () => {
  proxy.faults = [503];
  proxy.retryAfter = '1';
  const began = performance.now();
  await behind().onBehalfOf(newSubject()).consume();
  assert.ok(performance.now() - began >= 1_000);
});

test('a server that wants longer than there is time is not waited for', async () => {
  proxy.faults = [503];
  proxy.retryAfter = '60';
  const began = performance.now();
  await assert.rejects(behind().onBehalfOf(newSubject()).consume(), (error) => {
    assert.ok(isUnreachable(error));
    return error.retryAfter === 60 && error.forBrowser().headers['Retry-After'] === '60';
  });
  assert.ok(performance.now() - began < 10_000);
  assert.equal(proxy.seen.length, 1);
});

test('a server that says nothing costs no more than the total time', async () => {
  proxy.faults = Array.from({ length: 10 }, () => 'stall' as const);
  const billing = behind({ timeout: 400.5, totalTimeout: 1_000, maxAttempts: 9 });
  const began = performance.now();
  await assert.rejects(billing.onBehalfOf(newSubject()).consume(), isUnreachable);
  const took = performance.now() - began;
  assert.ok(took > 800 && took < 3_000, `${took} ms`);
});

test('who aborts is not waited for any longer', async () => {
  proxy.faults = ['stall'];
  const leaving = new AbortController();
  const call = behind().onBehalfOf(newSubject()).consume({ signal: leaving.signal, onUnreachable: 'allow' });
  leaving.abort(new Error('the browser is gone'));
  await assert.rejects(call, /gone/);
});

test('who does not answer is left alone for a while, and then asked again', async () => {
  proxy.faults = Array.from({ length: 5 }, () => 'before' as const);
  const member = behind({ maxAttempts: 1 }).onBehalfOf(newSubject());
  for (let i = 0; i < 7; i += 1) await assert.rejects(member.consume(), isUnreachable);
  assert.equal(proxy.seen.length, 5);
  const later = performance.now() + 5_000;
  const clock = mock.method(performance, 'now', () => later);
  try {
    assert.ok((await member.consume()).recorded);
    assert.ok((await member.consume()).recorded);
  } finally {
    clock.mock.restore();
  }
});

test('a hook that fails does not fail the request', async () => {
  const logged: string[] = [];
  proxy.faults = ['before'];
  const onUnrecorded = () => {
    throw new Error('the table is full');
  };
  const billing = behind({ maxAttempts: 1, onUnrecorded, log: (message: string) => logged.push(message) });
  const consumed = await billing.onBehalfOf(newSubject()).consume({ onUnreachable: 'allow' });
  assert.equal(consumed.recorded, false);
  assert.match(logged.join('\n'), /only in the log/);
});

test('a hook that rejects does not fail the request, and one that promises is waited for', async () => {
  const logged: string[] = [];
  const stored: (number | null)[] = [];
  proxy.faults = ['before', 'before'];
  const onUnrecorded = async (event: Unrecorded) => {
    await new Promise((done) => setImmediate(done));
    if (event.tokens === 13) throw new Error('the table is full');
    stored.push(event.tokens);
  };
  const log = (message: string) => logged.push(message);
  const member = behind({ maxAttempts: 1, onUnrecorded, log }).onBehalfOf(newSubject());
  assert.equal((await member.consume({ tokens: 7, onUnreachable: 'allow' })).recorded, false);
  assert.deepEqual(stored, [7]);
  assert.doesNotMatch(logged.join('\n'), /only in the log/);
  await member.withHold(100, (held) => held.used(13), { onUnreachable: 'allow' });
  assert.deepEqual(stored, [7]);
  assert.match(logged.join('\n'), /only in the log: Error: the table is full/);
});

const asked = () => proxy.seen.filter(({ path }) => path.endsWith('/entitlements/'));

test('a kept answer is not asked for again until something was used', async () => {
  const billing = behind();
  const subject = newSubject();
  const member = billing.onBehalfOf(subject);
  assert.equal((await member.entitlements()).ai_requests.used, 0);
  assert.equal((await member.entitlements()).ai_requests.used, 0);
  await member.requireFeature('community');
  assert.equal(asked().length, 1);
  await billing.onBehalfOf(subject).consume();
  await member.requireFeature('community');
  assert.equal(asked().length, 1);
  assert.equal((await member.entitlements()).ai_requests.used, 1);
  assert.equal((await billing.onBehalfOf(newSubject()).entitlements()).ai_requests.used, 0);
});

test('an answer that has not changed is not sent again', async () => {
  proxy.etags = true;
  const member = behind({ cacheFor: 0 }).onBehalfOf(newSubject());
  const first = await member.entitlements();
  assert.equal(await member.entitlements(), first);
  await member.consume();
  assert.equal((await member.entitlements()).ai_requests.used, 1);
  const etags = asked().map(({ etag }) => etag);
  assert.equal(etags[0], null);
  assert.ok(etags[1] && etags[1] === etags[2]);
});

test('a kept answer admits nothing', async () => {
  const subject = newSubject();
  const member = behind().onBehalfOf(subject);
  const elsewhere = new Billing({ url: server.url, serviceKey }).onBehalfOf(subject);
  assert.equal((await member.entitlements()).ai_requests.remaining, 3);
  for (let i = 0; i < 3; i += 1) await elsewhere.consume();
  assert.equal((await member.entitlements()).ai_requests.remaining, 3);
  await assert.rejects(member.consume(), OutOfAiRequestsError);
});
