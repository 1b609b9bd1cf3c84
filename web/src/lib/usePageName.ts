import { useEffect } from 'react';

/** The name of the tab. */
export function usePageName(name: string): void {
  useEffect(() => {
    document.title = `${name} · AllThrive`;
  }, [name]);
}
