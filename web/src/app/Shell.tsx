import { Outlet, useLocation, useRouter } from '@tanstack/react-router';
import { useMemo, useRef } from 'react';
import { PaywallHost } from '../features/paywall/PaywallHost';
import { WaitingNotice } from '../features/paywall/WaitingNotice';
import { useWords } from '../i18n/WordsProvider';
import { PATHS, PlacesProvider } from '../lib/places';
import { Announcer } from '../ui/Announcer';
import { Footer } from './Footer';
import { Header } from './Header';
import { SandboxBanner } from './SandboxBanner';
import { useFocusOnArrival } from './useFocusOnArrival';
import { useRouterHold } from './useRouterHold';

export function Shell() {
  const { t } = useWords();
  const { history } = useRouter();
  const main = useRef<HTMLElement>(null);
  useFocusOnArrival(main);
  // There the question itself says that it waits.
  const isAi = useLocation({ select: ({ pathname }) => pathname === PATHS.ai });
  const places = useMemo(
    () => ({ paths: PATHS, go: (href: string) => history.push(href), useHold: useRouterHold }),
    [history],
  );
  return (
    <PlacesProvider value={places}>
      <div className="flex min-h-dvh flex-col">
        <a
          href="#main"
          className="sr-only focus:not-sr-only focus:absolute focus:z-30 focus:bg-surface focus:px-4 focus:py-2"
        >
          {t('shell.skip')}
        </a>
        <SandboxBanner />
        <Header />
        <main
          ref={main}
          id="main"
          tabIndex={-1}
          className="mx-auto w-full max-w-[1216px] flex-1 px-4 py-10 outline-none sm:px-8 lg:py-14"
        >
          {!isAi && <WaitingNotice />}
          <Outlet />
        </main>
        <Footer />
        <PaywallHost />
        <Announcer />
      </div>
    </PlacesProvider>
  );
}
