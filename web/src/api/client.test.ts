// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { answered, api, configureApi } from './client';
import { paywall } from './paywall';

afterEach(() => {
  configureApi({ baseUrl: '' });
  vi.unstubAllGlobals();
});

test('what goes on after a purchase is asked with a new token', async () => {
  const tokens = ['old', 'new'];
  const seen: (string | null)[] = [];
  configureApi({ baseUrl: 'https://billing.example', getToken: async () => tokens.shift() });
  vi.stubGlobal('fetch', async (request: Request) => {
    seen.push(request.headers.get('authorization'));
    if (seen.length > 1) return Response.json({ data: [] });
    const headers = { 'content-type': 'application/problem+json' };
    return new Response(JSON.stringify({ status: 403, code: 'out_of_tokens' }), { status: 403, headers });
  });
  const answer = answered(api.GET('/api/v1/billing/tiers/'));
  await vi.waitFor(() => expect(paywall.state().waiting).toBe(1));
  paywall.resume();
  expect(await answer).toEqual({ data: [] });
  expect(seen).toEqual(['Bearer old', 'Bearer new']);
});
