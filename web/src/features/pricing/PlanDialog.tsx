import { lazy, Suspense, useState } from 'react';
import type { BillingPeriod, Config, Overview, Tier } from '../../api/shapes';
import { usePlaces } from '../../lib/places';
import { callToAction } from './callToAction';

const SubscribeDialog = lazy(async () => ({
  default: (await import('../subscribe/SubscribeDialog')).SubscribeDialog,
}));

const ChangePlanDialog = lazy(async () => ({
  default: (await import('../change_plan/ChangePlanDialog')).ChangePlanDialog,
}));

interface Props {
  tier: Tier;
  tiers: Tier[];
  period: BillingPeriod;
  overview: Overview;
  config: Config;
  onClose: () => void;
}

/** What leads this member to the tier, if anything does. What they pay meanwhile does not take it away from them. */
export function PlanDialog({ tier, tiers, period, overview, config, onClose }: Props) {
  const { hrefOf, go } = usePlaces();
  const [{ kind }] = useState(() => callToAction(tier, period, overview, tiers));
  const dialog = { tier, period, config, onClose };
  return (
    <Suspense fallback={null}>
      {(kind === 'trial' || kind === 'subscribe' || kind === 'finish') && (
        <SubscribeDialog {...dialog} overview={overview} />
      )}
      {(kind === 'upgrade' || kind === 'downgrade') && (
        <ChangePlanDialog {...dialog} onDone={() => go(hrefOf('billing'))} />
      )}
    </Suspense>
  );
}
