// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { paywall } from '../api/paywall';
import { BillingProvider } from './BillingProvider';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

test('what one member’s request waits for is given up when the provider is another’s', async () => {
  const headers = { 'content-type': 'application/problem+json' };
  vi.stubGlobal(
    'fetch',
    async () =>
      new Response(JSON.stringify({ status: 403, code: 'out_of_tokens' }), { status: 403, headers }),
  );
  const { rerender } = render(
    <BillingProvider key="ada">
      <p />
    </BillingProvider>,
  );
  const answer = paywall.fetch('https://host.example/ai', { method: 'POST' });
  await vi.waitFor(() => expect(paywall.state().waiting).toBe(1));
  rerender(
    <BillingProvider key="grace">
      <p />
    </BillingProvider>,
  );
  expect(paywall.state().waiting).toBe(0);
  expect((await answer).status).toBe(403);
});
