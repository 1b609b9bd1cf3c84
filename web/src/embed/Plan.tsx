import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { configQuery, overviewQuery, tiersQuery } from '../api/queries';
import type { BillingPeriod, Tier } from '../api/shapes';
import { useInvited } from '../features/invitation/useInvited';
import { callToAction, freeDays } from '../features/pricing/callToAction';
import { hasPlanDialog, PlanDialog } from '../features/pricing/PlanDialog';
import { TierAction } from '../features/pricing/TierAction';
import { TierPriceTag } from '../features/pricing/TierPriceTag';
import { useWords } from '../i18n/WordsProvider';
import { Dialog } from '../ui/Dialog';

interface Props {
  tier: Tier;
  period: BillingPeriod;
  onClose: () => void;
  onDone?: () => void;
}

/** The dialog of a plan: subscribing, changing, or what has to be done before that. */
export function Plan({ tier, period, onClose, onDone }: Props) {
  const { said } = useWords();
  const { data: tiers } = useSuspenseQuery(tiersQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { data: overview } = useSuspenseQuery(overviewQuery);
  const invited = useInvited(overview, tiers);
  const action = callToAction(tier, period, overview, tiers, invited);
  // It stays what it was opened for: what is paid for becomes the present plan while the dialog still waits.
  const [opened] = useState(action);
  const done = () => {
    onClose();
    onDone?.();
  };
  if (overview && hasPlanDialog(opened.kind)) {
    return (
      <PlanDialog
        kind={opened.kind}
        tier={tier}
        period={period}
        overview={overview}
        config={config}
        onClose={onClose}
        onDone={onDone && done}
      />
    );
  }
  return (
    <Dialog title={tier.name} description={said(tier.description)} onClose={onClose}>
      <TierPriceTag tier={tier} period={period} currency={config.currency} freeDays={freeDays(action)} />
      <div className="mt-5">
        <TierAction
          tier={tier}
          period={period}
          action={action}
          featured
          salesPaused={config.sales_paused}
          onSubscribe={onClose}
        />
      </div>
    </Dialog>
  );
}
