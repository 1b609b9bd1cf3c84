import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { configQuery, overviewQuery, tiersQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Notice } from '../../ui/Notice';
import { PendingChange } from './PendingChange';
import { PlanCard } from './PlanCard';
import { StatusBanner } from './StatusBanner';

/** What there is to know first: the banner, if something is up, and the plan. `children` stands beside the plan. */
export function PlanSection({ started, children }: { started: boolean; children: ReactNode }) {
  const { t } = useWords();
  const { data: overview } = useSuspenseQuery(overviewQuery);
  const { data: tiers } = useSuspenseQuery(tiersQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  if (!overview) return null;
  const { subscription, tier, pending_change: pending } = overview;
  return (
    <>
      {started && subscription && (
        <div className="lg:col-span-2">
          <Notice alert tone="good" title={t('billing.welcome', { tier: tier.name })} />
        </div>
      )}
      {subscription && pending && (
        <div className="lg:col-span-2">
          <PendingChange pending={pending} currency={subscription.currency} tiers={tiers} config={config} />
        </div>
      )}
      {subscription && (
        <div className="empty:hidden lg:col-span-2">
          <StatusBanner subscription={subscription} tiers={tiers} config={config} overview={overview} />
        </div>
      )}
      <PlanCard overview={overview} tiers={tiers} config={config} />
      {children}
    </>
  );
}
