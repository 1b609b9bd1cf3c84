import { useSyncExternalStore } from 'react';
import { useHost } from './host';
import { remember } from './memory';

export type Theme = 'light' | 'dark';

const listeners = new Set<() => void>();

/** public/theme.js has set it before the first paint. */
const current = (): Theme => (document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light');

export function setTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  remember('theme', theme);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A host's, else the one that is set for our own pages. */
export function useTheme(): Theme {
  const own = useSyncExternalStore(subscribe, current);
  return useHost()?.theme ?? own;
}
