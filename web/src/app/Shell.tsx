import { Outlet } from '@tanstack/react-router';
import { useWords } from '../i18n/WordsProvider';
import { Footer } from './Footer';
import { Header } from './Header';
import { SandboxBanner } from './SandboxBanner';

export function Shell() {
  const { t } = useWords();
  return (
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
        id="main"
        tabIndex={-1}
        className="mx-auto w-full max-w-[1216px] flex-1 px-4 py-10 outline-none sm:px-8 lg:py-14"
      >
        <Outlet />
      </main>
      <Footer />
    </div>
  );
}
