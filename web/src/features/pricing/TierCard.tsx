import type { BillingPeriod, Config, Overview, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Card } from '../../ui/Card';
import { Rosette } from '../../ui/Rosette';
import { callToAction, freeDays } from './callToAction';
import { TierAction } from './TierAction';
import { TierPriceTag } from './TierPriceTag';

interface Props {
  tier: Tier;
  tiers: Tier[];
  /** Place in the catalog, from 0. */
  rank: number;
  period: BillingPeriod;
  overview: Overview | null;
  config: Config;
  /** Whether they may take the tier that is by invitation. */
  invited: boolean;
  onSubscribe: () => void;
}

export function TierCard({ tier, tiers, rank, period, overview, config, invited, onSubscribe }: Props) {
  const { said } = useWords();
  const action = callToAction(tier, period, overview, tiers, invited);
  // Also where it is shown at another period than it is paid at.
  const isPaid =
    overview?.subscription?.tier_slug === tier.slug && overview.subscription.status !== 'incomplete';
  const isMine = isPaid || action.kind === 'current' || action.kind === 'current_until';
  // One primary action on the page: the tier that can be tried first.
  const isFeatured = tier.slug === (tiers.find(({ trial_days }) => trial_days > 0) ?? tiers[1])?.slug;
  return (
    <Card
      aria-labelledby={`tier-${tier.slug}`}
      className={`flex flex-col ${isMine ? 'border-engraver ring-1 ring-engraver' : ''}`}
    >
      <Rosette petals={6 + rank * 4} />
      <h2 id={`tier-${tier.slug}`} className="relative pr-8 text-lg leading-7 font-bold">
        {tier.name}
      </h2>
      <p className="relative mt-1 text-ink-2 sm:min-h-[72px] lg:min-h-24">{said(tier.description)}</p>
      <TierPriceTag tier={tier} period={period} currency={config.currency} freeDays={freeDays(action)} />
      <div className="mt-5">
        <TierAction
          tier={tier}
          period={period}
          action={action}
          isPaid={isPaid}
          featured={isFeatured}
          salesPaused={config.sales_paused}
          onSubscribe={onSubscribe}
        />
      </div>
    </Card>
  );
}
