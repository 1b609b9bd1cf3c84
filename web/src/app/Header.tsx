import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleUser, LogIn } from 'lucide-react';
import { meQuery } from '../api/queries';
import { useWords } from '../i18n/WordsProvider';
import { ThemeToggle } from './ThemeToggle';

const QUIET =
  'flex min-h-11 items-center rounded-control font-medium whitespace-nowrap text-ink-2 hover:bg-sunken hover:text-ink aria-[current=page]:bg-sunken aria-[current=page]:text-ink';
const LINK = `${QUIET} px-2 sm:px-4`;

export function Header() {
  const { t } = useWords();
  const { data: me, isPending } = useQuery(meQuery);
  return (
    <header className="border-b border-line">
      <div className="mx-auto flex h-16 max-w-[1216px] items-center justify-between gap-2 px-2 sm:px-8">
        <Link to="/pricing" className="hidden rounded-control font-bold tracking-tight sm:block">
          AllThrive
        </Link>
        <nav aria-label={t('shell.navigation')} className="flex items-center sm:ml-auto sm:gap-1">
          <Link to="/pricing" className={LINK}>
            {t('nav.pricing')}
          </Link>
          <Link to="/tokens" className={LINK}>
            {t('nav.tokens')}
          </Link>
          <Link to="/ai" className={LINK}>
            {t('nav.ai')}
          </Link>
          <Link to="/account/billing" className={LINK}>
            {t('nav.billing')}
          </Link>
        </nav>
        <div className="flex items-center">
          {me ? (
            <Link
              to="/account"
              activeOptions={{ exact: true }}
              aria-label={t('nav.account')}
              title={me.name || (me.email ?? undefined)}
              className={`${QUIET} w-11 justify-center`}
            >
              <CircleUser aria-hidden className="size-5" />
            </Link>
          ) : (
            <Link
              to="/sign-in"
              aria-label={t('nav.sign_in')}
              className={`${LINK} min-w-11 justify-center`}
              style={{ visibility: isPending ? 'hidden' : undefined }}
            >
              <LogIn aria-hidden className="size-5 sm:hidden" />
              <span className="hidden sm:inline">{t('nav.sign_in')}</span>
            </Link>
          )}
          <ThemeToggle />
        </div>
      </div>
    </header>
  );
}
