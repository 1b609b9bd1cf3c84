import { createContext, use } from 'react';
import type { Theme } from './theme';

/** What an application in which the pages' pieces stand has said of them. */
export interface Host {
  theme: Theme;
  /** Has the pieces' look and lies over the page: dialogs are put there. */
  layer: HTMLElement | null;
  /** What a piece begins with; the host's own headings stand above it. */
  heading: 'h1' | 'h2' | 'h3';
}

const HostContext = createContext<Host | null>(null);

export const HostProvider = HostContext;

/** Null: the pages are our own. */
export const useHost = () => use(HostContext);
