import { useBlocker } from '@tanstack/react-router';
import { useUnloadHold } from '../lib/hold';

/** As `useUnloadHold`, and the browser's Back and Forward do nothing meanwhile. Where we lead ourselves, we go. */
export function useRouterHold(held: boolean): void {
  useUnloadHold(held);
  useBlocker({
    disabled: !held,
    enableBeforeUnload: false,
    shouldBlockFn: ({ action }) => action !== 'PUSH' && action !== 'REPLACE',
  });
}
