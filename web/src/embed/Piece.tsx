import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, Suspense, use, useMemo } from 'react';
import { WordsContext } from '../i18n/WordsProvider';
import { createWords } from '../i18n/words';
import { HostProvider } from '../lib/host';
import { PlacesProvider } from '../lib/places';
import { useBilling } from './BillingProvider';

interface Props {
  /** As wide as its content, for a host's header; else as wide as its place. */
  inline?: boolean;
  children: ReactNode;
}

/** Where our styles hold, in the midst of a host's page. */
export function Piece({ inline = false, children }: Props) {
  const { locale, host } = useBilling();
  return (
    <div className="allthrive" data-theme={host.theme} data-inline={inline || undefined} lang={locale}>
      <Suspense fallback={null}>
        <Given>{children}</Given>
      </Suspense>
    </div>
  );
}

/** What the provider holds, for the pages' components. No element: for what is only a dialog. */
export function Given({ children }: { children: ReactNode }) {
  const { queries, locale, catalogue: given, texts, places, host } = useBilling();
  const catalogue = given instanceof Promise ? use(given) : given;
  const words = useMemo(() => createWords(locale, { ...catalogue, ...texts }), [locale, catalogue, texts]);
  return (
    <QueryClientProvider client={queries}>
      <WordsContext value={words}>
        <PlacesProvider value={places}>
          <HostProvider value={host}>{children}</HostProvider>
        </PlacesProvider>
      </WordsContext>
    </QueryClientProvider>
  );
}
