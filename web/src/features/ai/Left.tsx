import { useSuspenseQuery } from '@tanstack/react-query';
import { balanceQuery, usageQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Card } from '../../ui/Card';
import { AllowanceBar } from '../billing/AllowanceBar';

/** What there is to ask with. */
export function Left() {
  const { plural } = useWords();
  const { data: usage } = useSuspenseQuery(usageQuery);
  const { data: balance } = useSuspenseQuery(balanceQuery);
  return (
    <Card>
      <AllowanceBar allowance={usage.allowance} />
      <p data-balance className="mt-3 text-ink-2">
        {plural('paywall.tokens_left', balance.available)}
      </p>
    </Card>
  );
}
