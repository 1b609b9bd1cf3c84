import type { QueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { configureApi } from '../api/client';
import { paywall } from '../api/paywall';
import { newQueryClient } from '../api/queryClient';
import { type Catalogue, en } from '../i18n/en';
import { loadCatalogue } from '../i18n/WordsProvider';
import type { Locale } from '../i18n/words';
import { useUnloadHold } from '../lib/hold';
import type { Host } from '../lib/host';
import type { Place, Places } from '../lib/places';
import { useChosenTheme } from './useChosenTheme';
import { useLayer } from './useLayer';

export interface BillingProviderProps {
  /** Where the API is, as `https://billing.example.com`; without it, the page's own origin. */
  baseUrl?: string;
  /** The member's token, which the host has issued; without it the browser's cookie counts. */
  getToken?: () => string | null | undefined | Promise<string | null | undefined>;
  locale?: Locale;
  /** Texts of the host's own, by their key in the catalogue. Best kept outside of a component: another object is another text. */
  texts?: Partial<Catalogue>;
  /** `auto`: as the system is set. */
  theme?: 'light' | 'dark' | 'auto';
  /** Where the host has its pages. What is not named is where our own pages have it. */
  paths?: Partial<Record<Place, string>>;
  /** The host's router; without it a page is loaded. */
  navigate?: (href: string) => void;
  /** What a piece begins with. */
  heading?: Host['heading'];
  children: ReactNode;
}

/** What every piece needs. */
interface Billing {
  queries: QueryClient;
  locale: Locale;
  /** English is at hand, another is loaded. */
  catalogue: Catalogue | Promise<Catalogue>;
  texts: Partial<Catalogue> | undefined;
  places: Places;
  host: Host;
}

const BillingContext = createContext<Billing | null>(null);

export function useBilling(): Billing {
  const billing = use(BillingContext);
  if (!billing) throw new Error('there is no <BillingProvider> around this');
  return billing;
}

/** Around the application, or around the part of it that uses the pieces. Renders nothing of its own: what is in it stays as it is. */
export function BillingProvider({
  baseUrl = '',
  getToken,
  locale = 'en',
  texts,
  theme: wanted = 'auto',
  paths,
  navigate,
  heading = 'h2',
  children,
}: BillingProviderProps) {
  // Before the first piece in it asks for anything, and thus not in an effect.
  configureApi({ baseUrl, getToken });
  const [queries] = useState(newQueryClient);
  const theme = useChosenTheme(wanted);
  const layer = useLayer(theme, locale);
  const host = useMemo((): Host => ({ theme, layer, heading }), [theme, layer, heading]);
  const catalogue = useMemo(() => catalogueOf(locale), [locale]);
  const billing = useMemo(
    (): Billing => ({
      queries,
      locale,
      catalogue,
      texts,
      places: {
        paths: paths ?? {},
        go: navigate ?? ((href) => window.location.assign(href)),
        useHold: useUnloadHold,
      },
      host,
    }),
    [queries, locale, catalogue, texts, paths, navigate, host],
  );
  // The next provider is another member's: what waits for tokens was not asked by them.
  useEffect(() => paywall.giveUp, []);
  return <BillingContext value={billing}>{children}</BillingContext>;
}

function catalogueOf(locale: Locale): Catalogue | Promise<Catalogue> {
  if (locale === 'en') return en;
  // Where it cannot be loaded, English is better than nothing.
  return loadCatalogue(locale).catch(() => en);
}
