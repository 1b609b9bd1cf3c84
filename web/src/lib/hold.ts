import { useEffect } from 'react';

let leaving = false;

/** Loads an address, or this page anew, whatever would hold the reader here. */
export function leaveFor(href?: string): void {
  leaving = true;
  if (href) window.location.assign(href);
  else window.location.reload();
}

/** While it is held, who closes or reloads the page is asked first. */
export function useUnloadHold(held: boolean): void {
  useEffect(() => {
    if (!held) return;
    const ask = (event: BeforeUnloadEvent) => {
      if (!leaving) event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [held]);
}
