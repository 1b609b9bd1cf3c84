import { useEffect } from 'react';
import { useHost } from './host';

/** The name of the tab; a host names its own. */
export function usePageName(name: string): void {
  const host = useHost();
  useEffect(() => {
    if (!host) document.title = `${name} · AllThrive`;
  }, [name, host]);
}
