import { useSuspenseQuery } from '@tanstack/react-query';
import { Coins } from 'lucide-react';
import { balanceQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { LinkButton } from '../../ui/LinkButton';

/** The balance, small enough for a header, and the way to more. */
export function BalanceWidget() {
  const { t, number } = useWords();
  const { data: balance } = useSuspenseQuery(balanceQuery);
  return (
    <div className="inline-flex items-center gap-3 rounded-card border border-line bg-surface py-1 pr-1 pl-4">
      <Coins aria-hidden className="size-5 shrink-0 text-brass" />
      <p className="leading-5 whitespace-nowrap">
        <span className="sr-only">{t('tokens.title')} </span>
        <span data-balance className="font-bold">
          {number(balance.available)}
        </span>
        {balance.held > 0 && (
          <span className="block text-[13px] leading-4 text-ink-2">
            {t('tokens.held')} {number(balance.held)}
          </span>
        )}
        {balance.debt > 0 && (
          <span className="block text-[13px] leading-4 text-seal">
            {t('tokens.debt')} {number(-balance.debt)}
          </span>
        )}
      </p>
      <LinkButton to="tokens" look="quiet">
        {t('tokens.buy')}
      </LinkButton>
    </div>
  );
}
