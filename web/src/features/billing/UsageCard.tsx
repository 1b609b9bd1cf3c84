import { useSuspenseQuery } from '@tanstack/react-query';
import { lazy, Suspense, useId } from 'react';
import { usageQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Card } from '../../ui/Card';
import { DownloadLink } from '../../ui/DownloadLink';
import { Skeleton } from '../../ui/Skeleton';
import { AllowanceBar } from './AllowanceBar';
import { UsedForTable } from './UsedForTable';

const UsageChart = lazy(async () => ({ default: (await import('./UsageChart')).UsageChart }));

export function UsageCard() {
  const { t, plural, number } = useWords();
  const id = useId();
  const { data: usage } = useSuspenseQuery(usageQuery);
  return (
    <Card aria-labelledby={id}>
      <div className="mb-2 flex flex-wrap items-center justify-between gap-x-6">
        <h2 id={id} className="text-lg font-bold">
          {t('usage.title')}
        </h2>
        <DownloadLink href="/api/v1/billing/usage.csv">{t('usage.csv')}</DownloadLink>
      </div>
      <p className="text-lg font-semibold">
        {t('usage.summary', {
          today: plural('usage.today', usage.today.ai_requests),
          month: number(usage.month.ai_requests),
        })}
      </p>
      <div className="mt-4">
        <AllowanceBar allowance={usage.allowance} />
      </div>
      <Suspense fallback={<Skeleton className="mt-6 h-[172px]" />}>
        <UsageChart days={usage.days} />
      </Suspense>
      <UsedForTable usedFor={usage.used_for} />
    </Card>
  );
}
