import { lazy, Suspense, useState } from 'react';
import type { BillingPeriod, Config, Overview, Tier } from '../../api/shapes';
import type { CallToAction } from './callToAction';

const SubscribeDialog = lazy(async () => ({
  default: (await import('../subscribe/SubscribeDialog')).SubscribeDialog,
}));

const ChangePlanDialog = lazy(async () => ({
  default: (await import('../change_plan/ChangePlanDialog')).ChangePlanDialog,
}));

interface Props {
  kind: CallToAction['kind'];
  tier: Tier;
  period: BillingPeriod;
  overview: Overview;
  config: Config;
  onClose: () => void;
  /** Once the plan is there; without it the billing page is gone to. */
  onDone?: () => void;
}

/** Where a tier is chosen, with its price shown first. Nothing for what needs no dialog. */
export function PlanDialog({ kind, overview, ...rest }: Props) {
  // What it was opened for: what is paid for becomes the present plan while the dialog still waits.
  const [opened] = useState(kind);
  return (
    <Suspense fallback={null}>
      {isNew(opened) && <SubscribeDialog overview={overview} {...rest} />}
      {isChange(opened) && <ChangePlanDialog {...rest} />}
    </Suspense>
  );
}

export const hasPlanDialog = (kind: CallToAction['kind']) => isNew(kind) || isChange(kind);

const isNew = (kind: CallToAction['kind']) => kind === 'trial' || kind === 'subscribe' || kind === 'finish';
const isChange = (kind: CallToAction['kind']) => kind === 'upgrade' || kind === 'downgrade';
