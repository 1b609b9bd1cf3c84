import { lazy, Suspense } from 'react';
import { usePaywall } from './usePaywall';

const OutOfTokensModal = lazy(async () => ({
  default: (await import('./OutOfTokensModal')).OutOfTokensModal,
}));

/** Stands once on the page, and opens the offers whenever a request is refused for want of tokens. */
export function PaywallHost() {
  const { open, problem } = usePaywall();
  if (!open || !problem) return null;
  return (
    <Suspense fallback={null}>
      <OutOfTokensModal problem={problem} />
    </Suspense>
  );
}
