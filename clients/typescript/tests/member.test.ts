import assert from 'node:assert/strict';
import { after, before, mock, test } from 'node:test';
import {
  type AnyBillingError,
  Billing,
  FeatureNotInTierError,
  isBillingError,
  isOutOfTokens,
  isRefusal,
  KeyRefusedError,
  LimitReachedError,
  OutOfAiRequestsError,
  OutOfTokensError,
  ProblemError,
  requireFeature,
  withBilling,
} from '@allthrive/billing-client';
import { newSubject, Server, tokenOf } from './server.js';

const server = new Server();
let billing: Billing;
before(async () => {
  await server.start();
  billing = new Billing({ url: server.url, serviceKey: server.newKey() });
});
after(() => server.stop());

async function refused(call: Promise<unknown>): Promise<AnyBillingError> {
  const error = await call.then(
    () => assert.fail('was let through'),
    (reason: unknown) => reason,
  );
  assert.ok(isBillingError(error), String(error));
  return error;
}

test('a Free member is admitted three times a day, and then told what would help', async () => {
  const member = billing.onBehalfOf(newSubject());
  const admitted = [];
  for (let i = 0; i < 3; i += 1) admitted.push(await member.consume({ feature: 'ai_request' }));
  assert.deepEqual(
    admitted.map(({ source, tokens, allowance }) => [source, tokens, allowance.remaining]),
    [
      ['allowance', 0, 2],
      ['allowance', 0, 1],
      ['allowance', 0, 0],
    ],
  );
  const error = await refused(member.consume({ feature: 'ai_request' }));
  // By its kind the type is told apart.
  assert.equal(error.kind, 'out_of_ai_requests');
  assert.equal(error.upgradeTo, 'community-pro');
  assert.equal(error.allowance?.remaining, 0);
  assert.equal(error.balance?.available, 0);
  assert.match(error.requestId ?? '', /^[0-9a-f-]{36}$/);
  assert.ok(error.resetsAt && Date.parse(error.resetsAt) > Date.now());
  assert.ok(isOutOfTokens(error) && isRefusal(error) && error instanceof OutOfAiRequestsError);
});

/** Compiles only as long as `kind` tells all of them apart. */
function told(error: AnyBillingError): string | number | null {
  switch (error.kind) {
    case 'out_of_tokens':
    case 'out_of_ai_requests':
      return error.resetsAt;
    case 'feature_not_in_tier':
    case 'limit_reached':
    case 'refused':
    case 'rate_limited':
      return error.upgradeTo;
    case 'hold_not_held':
      return error.hold?.status ?? null;
    case 'key_refused':
    case 'problem':
      return error.code;
    case 'unreachable':
      return error.retryAfter;
    default:
      return error satisfies never;
  }
}

test('the browser gets the refusal as billing gave it', async () => {
  const member = billing.onBehalfOf(newSubject());
  for (let i = 0; i < 3; i += 1) await member.consume();
  const handler = withBilling(async () => {
    await member.consume();
    return new Response('an answer');
  });
  const response = await handler(new Request('https://host.example/ask'));
  // What web/src/api/paywall.ts looks at.
  assert.equal(response.status, 403);
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const document = await response.json();
  assert.equal(document.code, 'out_of_ai_requests');
  for (const name of ['type', 'title', 'detail', 'resets_at', 'upgrade_to', 'allowance', 'balance'])
    assert.ok(name in document, name);
});

test('tokens pay when the allowance is used up, as far as they go', async () => {
  const subject = newSubject();
  await server.buyTokens(subject);
  const member = billing.onBehalfOf(subject);
  for (let i = 0; i < 3; i += 1) assert.equal((await member.consume({ tokens: 10 })).source, 'allowance');
  const paid = await member.consume({ tokens: 10, feature: 'essay', model: 'gpt-5-mini' });
  assert.deepEqual([paid.source, paid.tokens, paid.balance.available], ['tokens', 10, 99_990]);
  const error = await refused(member.consume({ tokens: 99_991 }));
  assert.ok(error instanceof OutOfTokensError && isOutOfTokens(error));
  assert.equal(error.balance?.available, 99_990);
});

test('the same key again is paid once, and stands for one request only', async () => {
  const member = billing.onBehalfOf(newSubject());
  const first = await member.consume({ idempotencyKey: 'task-7' });
  const again = await member.consume({ idempotencyKey: 'task-7' });
  assert.deepEqual([first.replayed, again.replayed], [false, true]);
  assert.deepEqual(again.allowance, first.allowance);
  const error = await refused(member.consume({ idempotencyKey: 'task-7', tokens: 2 }));
  assert.ok(error instanceof ProblemError);
  assert.equal(told(error), 'idempotency_key_reused');
});

test('features and limits are those of the tier, and a kept no does not outlive the upgrade', async () => {
  const subject = newSubject();
  const member = billing.onBehalfOf(subject);
  assert.equal((await member.entitlements()).tier_slug, 'free');
  const error = await refused(member.requireFeature('ai_agents'));
  assert.ok(error instanceof FeatureNotInTierError);
  assert.equal(error.document.key, 'ai_agents');
  await member.requireRoom('projects', 9);
  const reached = await refused(member.requireRoom('projects', 10));
  assert.ok(reached instanceof LimitReachedError);
  assert.deepEqual([reached.document.limit, reached.document.used], [10, 10]);
  assert.equal((await refused(member.requireFeature('teleportation'))).kind, 'feature_not_in_tier');
  await assert.rejects(member.requireRoom('planets', 1), RangeError);

  await server.subscribe(subject, 'community-pro');
  await member.requireFeature('ai_agents');
  await member.requireRoom('projects', 10);
});

test('a handler is for members whose tier includes the feature', async () => {
  const subject = newSubject();
  const handler = requireFeature(
    'ai_agents',
    (request) => {
      const name = request.headers.get('x-user');
      return name === null ? null : billing.onBehalfOf(name);
    },
    (request, greeting: string) => new Response(greeting + new URL(request.url).pathname),
  );
  const ask = (headers: Record<string, string>) =>
    handler(new Request('https://host.example/agents', { headers }), 'hello ');
  assert.equal((await ask({})).status, 401);
  const refusal = await ask({ 'x-user': subject });
  assert.deepEqual([refusal.status, (await refusal.json()).code], [403, 'feature_not_in_tier']);
  await server.subscribe(subject, 'community-pro');
  assert.equal(await (await ask({ 'x-user': subject })).text(), 'hello /agents');
});

test('usage counts what was consumed', async () => {
  const member = billing.onBehalfOf(newSubject());
  await member.consume();
  const usage = await member.usage();
  assert.deepEqual([usage.today.ai_requests, usage.days.length, usage.allowance.used], [1, 30, 1]);
});

test('a member may ask with a token of their own, and cannot hold', async () => {
  const subject = newSubject();
  await server.buyTokens(subject);
  const anybody = new Billing({ url: server.url });
  const member = anybody.asMember(async () => tokenOf(subject));
  assert.equal((await member.consume()).source, 'allowance');
  assert.equal((await member.balance()).available, 100_000);
  assert.equal((await anybody.asMember(tokenOf(subject)).entitlements()).ai_requests.used, 1);
  assert.ok((await refused(member.authorize(100))) instanceof KeyRefusedError);
  assert.throws(() => anybody.onBehalfOf(subject), TypeError);
});

test("a token that is not valid is the member's affair", async () => {
  const anybody = new Billing({ url: server.url });
  for (const token of [tokenOf('42', -3600), 'no.token.atall']) {
    const error = await refused(anybody.asMember(token).consume({ onUnreachable: 'allow' }));
    assert.ok(isRefusal(error) && error.kind === 'refused', error.kind);
    const { status, body } = error.forBrowser();
    assert.deepEqual([status, JSON.parse(body).code], [401, 'unauthenticated']);
  }
});

test('that a member was deleted is passed on', async () => {
  const document = {
    type: 'about:blank',
    title: 'This user was deleted.',
    status: 403,
    code: 'account_deleted',
  };
  const sent = mock.method(globalThis, 'fetch', async () => Response.json(document, { status: 403 }));
  try {
    const error = await refused(billing.onBehalfOf('42').consume({ onUnreachable: 'allow' }));
    assert.ok(isRefusal(error));
    const { status, body } = error.forBrowser();
    assert.deepEqual([status, JSON.parse(body)], [403, document]);
  } finally {
    sent.mock.restore();
  }
});

test('a member asks with no header that a page of another origin may not send', async () => {
  const sent = mock.method(globalThis, 'fetch');
  try {
    const member = new Billing({ url: server.url }).asMember(tokenOf(newSubject()));
    await member.entitlements();
    await member.entitlements();
    await member.consume();
    const names = sent.mock.calls.flatMap(({ arguments: [, init] }) => [
      ...new Headers(init?.headers).keys(),
    ]);
    // What crates/server/src/cors.rs allows.
    assert.deepEqual([...new Set(names)].sort(), ['authorization', 'content-type', 'idempotency-key']);
    assert.equal(sent.mock.callCount(), 3);
  } finally {
    sent.mock.restore();
  }
});

test('a key that is wrong, was revoked or may only read is never let through', async () => {
  const allow = { onUnreachable: 'allow' } as const;
  const subject = newSubject();
  const wrong = new Billing({ url: server.url, serviceKey: 'atb_wrong' }).onBehalfOf(subject);
  assert.ok((await refused(wrong.consume(allow))) instanceof KeyRefusedError);

  const reader = new Billing({ url: server.url, serviceKey: server.newKey('read') }).onBehalfOf(subject);
  await reader.entitlements();
  assert.ok((await refused(reader.consume(allow))) instanceof KeyRefusedError);

  const serviceKey = server.newKey();
  const member = new Billing({ url: server.url, serviceKey }).onBehalfOf(subject);
  await member.consume();
  await server.revokeNewest(serviceKey);
  const error = await refused(member.consume(allow));
  assert.ok(error instanceof KeyRefusedError);
  // To the member it is not a matter of signing in again.
  const { status, headers } = error.forBrowser();
  assert.deepEqual([error.status, status, headers['Retry-After']], [401, 503, undefined]);
});

test('what cannot be right is refused before it is sent', async () => {
  for (const tokens of [0, -1, 1.5, Number.NaN])
    await assert.rejects(billing.onBehalfOf('42').consume({ tokens }), RangeError);
  for (const subject of ['', ' 7', 'a\r\nAuthorization: Bearer x', 'é', 'x'.repeat(256)])
    assert.throws(() => billing.onBehalfOf(subject), TypeError);
  for (const idempotencyKey of ['a\nb', 'ключ'])
    await assert.rejects(
      billing.onBehalfOf('42').consume({ idempotencyKey, onUnreachable: 'allow' }),
      TypeError,
    );
  for (const url of [
    '',
    'billing.example.com',
    'ftp://x',
    'https://',
    'https://x/?a=1',
    'https://u:p@x',
    'http://[::',
  ])
    assert.throws(() => new Billing({ url }), TypeError);
  assert.throws(() => new Billing({ url: server.url, maxAttempts: 0 }), RangeError);
});
