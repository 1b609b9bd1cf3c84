import { useSuspenseQuery } from '@tanstack/react-query';
import { configQuery, overviewQuery, tiersQuery } from '../../api/queries';
import type { BillingPeriod } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { useInvited } from '../invitation/useInvited';
import { ComparisonTable } from './ComparisonTable';
import { callToAction } from './callToAction';
import { PeriodToggle } from './PeriodToggle';
import { PlanDialog } from './PlanDialog';
import { PricingHeading } from './PricingHeading';
import { PricingSkeleton } from './PricingSkeleton';
import { primaryPeriod } from './priceOf';
import { TierCard } from './TierCard';

/** What is chosen: nothing is the primary period, and no dialog. */
export interface PricingChoice {
  period?: BillingPeriod;
  /** The tier whose dialog is open. */
  subscribe?: string;
}

interface Props {
  choice: PricingChoice;
  onChange: (choice: PricingChoice) => void;
  /** Once a plan is there; without it the billing page is gone to. */
  onDone?: () => void;
}

/** All tiers with their prices and what they include, and the way to subscribe or change for whoever reads it. */
export function PricingTable(props: Props) {
  return (
    <Section skeleton={<PricingSkeleton />}>
      <Pricing {...props} />
    </Section>
  );
}

function Pricing({ choice, onChange, onDone }: Props) {
  const { t } = useWords();
  const { data: tiers } = useSuspenseQuery(tiersQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { data: overview } = useSuspenseQuery(overviewQuery);
  const invited = useInvited(overview, tiers);

  const primary = primaryPeriod(config);
  const period = choice.period ?? primary;
  const choose = (chosen: BillingPeriod) =>
    onChange({ ...choice, period: chosen === primary ? undefined : chosen });
  const open = (slug: string | undefined) => onChange({ ...choice, subscribe: slug });
  const wanted = overview ? tiers.find(({ slug }) => slug === choice.subscribe) : undefined;
  const kind = wanted && callToAction(wanted, period, overview, tiers, invited).kind;

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
            config={config}
            invited={invited}
            onSubscribe={() => open(tier.slug)}
          />
        ))}
      </div>
      <ComparisonTable tiers={tiers} />
      {wanted && kind && overview && (
        <PlanDialog
          key={`${wanted.slug} ${period}`}
          kind={kind}
          tier={wanted}
          period={period}
          overview={overview}
          config={config}
          onClose={() => open(undefined)}
          onDone={onDone}
        />
      )}
    </>
  );
}
