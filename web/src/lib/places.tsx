import { createContext, use } from 'react';
import { useUnloadHold } from './hold';

/** Our own pages. A host that has some of them elsewhere says where. */
export const PATHS = {
  pricing: '/pricing',
  billing: '/account/billing',
  invoice: '/account/invoice',
  tokens: '/tokens',
  ai: '/ai',
  account: '/account',
  sign_in: '/sign-in',
  register: '/register',
  forgot_password: '/forgot-password',
};

export type Place = keyof typeof PATHS;
export type Search = Record<string, string | undefined>;

export interface Places {
  /** What is not named is where our own pages have it; but links to `ai` are only where it is. */
  paths: Partial<Record<Place, string>>;
  /** Leads to an address; without loading the page anew, where the application can. */
  go: (href: string) => void;
  /** A hook that keeps the reader here while something must not be interrupted; of the application's router, where it can. */
  useHold: (held: boolean) => void;
}

const PlacesContext = createContext<Places>({
  paths: PATHS,
  go: (href) => window.location.assign(href),
  useHold: useUnloadHold,
});

export const PlacesProvider = PlacesContext;

/** The way from one page to another, for everything that may stand in another application too. */
export function usePlaces() {
  const { paths, go, useHold } = use(PlacesContext);
  const hrefOf = (place: Place, search: Search = {}) => {
    const given = Object.entries(search).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const query = new URLSearchParams(given).toString();
    const path = paths[place] ?? PATHS[place];
    return query ? `${path}?${query}` : path;
  };
  return { hrefOf, go, useHold, hasAi: paths.ai !== undefined };
}

/** Where the reader is, for coming back. */
export const here = () => `${window.location.pathname}${window.location.search}`;
