import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { configQuery, overviewQuery, tiersQuery } from '../../api/queries';
import { type BillingPeriod, isBillingPeriod } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { ComparisonTable } from './ComparisonTable';
import { callToAction } from './callToAction';
import { PeriodToggle } from './PeriodToggle';
import { PricingHeading } from './PricingHeading';
import { PricingSkeleton } from './PricingSkeleton';
import { TierCard } from './TierCard';

const SubscribeDialog = lazy(async () => ({
  default: (await import('../subscribe/SubscribeDialog')).SubscribeDialog,
}));

const ChangePlanDialog = lazy(async () => ({
  default: (await import('../change_plan/ChangePlanDialog')).ChangePlanDialog,
}));

const route = getRouteApi('/pricing');

export function PricingPage() {
  return (
    <Section skeleton={<PricingSkeleton />}>
      <Pricing />
    </Section>
  );
}

function Pricing() {
  const { t } = useWords();
  const { data: tiers } = useSuspenseQuery(tiersQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { data: overview } = useSuspenseQuery(overviewQuery);
  const search = route.useSearch();
  const navigate = route.useNavigate();

  const primary = isBillingPeriod(config.primary_period) ? config.primary_period : 'quarterly';
  const period = search.period ?? primary;
  const choose = (chosen: BillingPeriod) =>
    navigate({
      search: { ...search, period: chosen === primary ? undefined : chosen },
      replace: true,
      resetScroll: false,
    });
  const open = (slug: string | undefined) =>
    navigate({ search: { ...search, subscribe: slug }, replace: true, resetScroll: false });
  const wanted = overview ? tiers.find(({ slug }) => slug === search.subscribe) : undefined;
  const kind = wanted && callToAction(wanted, period, overview, tiers).kind;
  const close = () => open(undefined);

  return (
    <>
      <div className="mb-8 flex flex-wrap items-end justify-between gap-6 lg:mb-12">
        <PricingHeading />
        <PeriodToggle tiers={tiers} primary={primary} value={period} onChange={choose} />
      </div>
      {config.sales_paused && (
        <div className="mb-6">
          <Notice tone="warn" title={t('pricing.sales_paused')} />
        </div>
      )}
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
        {tiers.map((tier, index) => (
          <TierCard
            key={tier.slug}
            tier={tier}
            tiers={tiers}
            rank={index}
            period={period}
            overview={overview}
            salesPaused={config.sales_paused}
            onSubscribe={() => open(tier.slug)}
          />
        ))}
      </div>
      <ComparisonTable tiers={tiers} />
      <Suspense fallback={null}>
        {wanted && overview && (kind === 'trial' || kind === 'subscribe' || kind === 'finish') && (
          <SubscribeDialog
            tier={wanted}
            period={period}
            overview={overview}
            config={config}
            onClose={close}
          />
        )}
        {wanted && (kind === 'upgrade' || kind === 'downgrade') && (
          <ChangePlanDialog tier={wanted} period={period} config={config} onClose={close} />
        )}
      </Suspense>
    </>
  );
}
