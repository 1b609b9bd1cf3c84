import { useSuspenseQuery } from '@tanstack/react-query';
import { balanceQuery, usageQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Projection } from './Projection';

/** The balance, first and large. What is reserved or owed only when there is any. */
export function BalanceHeader() {
  const { t, number } = useWords();
  const { data: balance } = useSuspenseQuery(balanceQuery);
  const { data: usage } = useSuspenseQuery(usageQuery);
  return (
    <div>
      <h1 className="text-ink-2">{t('tokens.title')}</h1>
      <p data-balance className="text-[56px] leading-[64px] font-bold tracking-tight">
        {number(balance.available)}
      </p>
      <p className="mt-1 text-ink-2">
        <Projection usage={usage} available={balance.available} />
      </p>
      {(balance.held > 0 || balance.debt > 0) && (
        <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-1">
          {balance.held > 0 && (
            <div className="flex gap-2">
              <dt className="text-ink-2">{t('tokens.held')}</dt>
              <dd className="font-semibold">{number(balance.held)}</dd>
            </div>
          )}
          {balance.debt > 0 && (
            <div className="flex gap-2">
              <dt className="text-ink-2">{t('tokens.debt')}</dt>
              <dd className="font-semibold text-seal">{number(-balance.debt)}</dd>
            </div>
          )}
        </dl>
      )}
    </div>
  );
}
