import { useSyncExternalStore } from 'react';
import type { Theme } from '../lib/theme';

const DARK = '(prefers-color-scheme: dark)';

/** The theme that is asked for, or as the system is set. On a server, which cannot know, light. */
export function useChosenTheme(wanted: Theme | 'auto'): Theme {
  const isDark = useSyncExternalStore(
    subscribe,
    () => matchMedia(DARK).matches,
    () => false,
  );
  return wanted === 'auto' ? (isDark ? 'dark' : 'light') : wanted;
}

function subscribe(listener: () => void) {
  const query = matchMedia(DARK);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}
