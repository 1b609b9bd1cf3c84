import { Suspense, useEffect } from 'react';
import { PaywallHost } from '../features/paywall/PaywallHost';
import { answering } from './billingFetch';
import { Given } from './Piece';

/**
 * Stands once in the application. It opens when a request by `billingFetch` is refused for want of AI requests or tokens,
 * and offers what helps; once something was bought, the request goes on.
 */
export function OutOfTokensModal() {
  useEffect(answering, []);
  return (
    <Suspense fallback={null}>
      <Given>
        <PaywallHost />
      </Given>
    </Suspense>
  );
}
