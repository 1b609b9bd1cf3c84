import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { configQuery, overviewQuery, tiersQuery } from '../api/queries';
import type { BillingPeriod } from '../api/shapes';
import { useInvited } from '../features/invitation/useInvited';
import { primaryPeriod } from '../features/pricing/priceOf';
import { TierCard as Card } from '../features/pricing/TierCard';
import { Section } from '../ui/Section';
import { Skeleton } from '../ui/Skeleton';
import { Piece } from './Piece';
import { Plan } from './Plan';

export interface TierCardProps {
  /** Its slug, as `pro-learn`. What is not in the catalog is not shown. */
  tier: string;
  period?: BillingPeriod;
  /** For a dialog of the host's own; without it ours is opened. */
  onSubscribe?: (tier: string, period: BillingPeriod) => void;
  /** Once the plan is there; without it the host's billing page is gone to. */
  onDone?: () => void;
}

/** One plan with its price, and the way to it. */
export function TierCard(props: TierCardProps) {
  return (
    <Piece>
      <Section skeleton={<Skeleton className="h-[290px]" />}>
        <Offer {...props} />
      </Section>
    </Piece>
  );
}

function Offer({ tier: slug, period: wanted, onSubscribe, onDone }: TierCardProps) {
  const { data: tiers } = useSuspenseQuery(tiersQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { data: overview } = useSuspenseQuery(overviewQuery);
  const invited = useInvited(overview, tiers);
  const [open, setOpen] = useState(false);
  const tier = tiers.find((one) => one.slug === slug);
  if (!tier) return null;
  const period = wanted ?? primaryPeriod(config);
  return (
    <>
      <Card
        tier={tier}
        tiers={tiers}
        rank={tiers.indexOf(tier)}
        period={period}
        overview={overview}
        config={config}
        invited={invited}
        onSubscribe={() => (onSubscribe ? onSubscribe(slug, period) : setOpen(true))}
      />
      {open && <Plan tier={tier} period={period} onClose={() => setOpen(false)} onDone={onDone} />}
    </>
  );
}
