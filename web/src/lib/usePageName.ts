import { useEffect } from 'react';
import { announce } from './announce';
import { useHost } from './host';

let isArrived = false;

/** The name of the tab, which is announced on the way from one page to another; a host names its own. */
export function usePageName(name: string): void {
  const host = useHost();
  useEffect(() => {
    if (host) return;
    document.title = `${name} · AllThrive`;
    // The first page has been read by loading it.
    if (isArrived) announce(name);
    isArrived = true;
  }, [name, host]);
}
