import { type RefObject, useEffect } from 'react';
import { useHost } from '../lib/host';

/**
 * Focus that would fall to the body, because what had it is gone, stays in the dialog while that is open; on our own pages
 * it comes to `main` when the dialog has closed and the button that opened it is gone too.
 */
export function useKeptFocus(popup: RefObject<HTMLElement | null>): void {
  const isOurs = useHost() === null;
  useEffect(() => {
    const dialog = popup.current;
    if (!dialog) return;
    const page = dialog.ownerDocument;
    const isLost = () => page.activeElement === null || page.activeElement === page.body;
    const observer = new MutationObserver(() => {
      if (isLost()) dialog.focus();
    });
    observer.observe(dialog, { childList: true, subtree: true });
    return () => {
      observer.disconnect();
      if (!isOurs) return;
      // After the dialog has given it back to whom it came from.
      setTimeout(() => {
        if (isLost()) page.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
      }, 100);
    };
  }, [popup, isOurs]);
}
