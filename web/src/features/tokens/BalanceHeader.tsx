import { useSuspenseQuery } from '@tanstack/react-query';
import { balanceQuery, usageQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { HeldAndOwed } from './HeldAndOwed';
import { Projection } from './Projection';

/** The balance, first and large. What is reserved or owed only when there is any. */
export function BalanceHeader() {
  const { number } = useWords();
  const { data: balance } = useSuspenseQuery(balanceQuery);
  const { data: usage } = useSuspenseQuery(usageQuery);
  return (
    <div>
      <p data-balance className="text-[56px] leading-[64px] font-bold tracking-tight">
        {number(balance.available)}
      </p>
      <p className="mt-1 text-ink-2">
        <Projection usage={usage} available={balance.available} />
      </p>
      <HeldAndOwed balance={balance} />
    </div>
  );
}
