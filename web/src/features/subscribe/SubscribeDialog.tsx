import { useState } from 'react';
import type { BillingPeriod, Config, Overview, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Dialog } from '../../ui/Dialog';
import { Section } from '../../ui/Section';
import { CheckoutSkeleton } from '../paying/CheckoutSkeleton';
import { SubscribeFlow } from './SubscribeFlow';

interface Props {
  tier: Tier;
  period: BillingPeriod;
  overview: Overview;
  config: Config;
  onClose: () => void;
  /** Once the subscription is there; without it the billing page is gone to. */
  onDone?: () => void;
}

export function SubscribeDialog({ tier, period, overview, config, onClose, onDone }: Props) {
  const { t } = useWords();
  const [locked, setLocked] = useState(false);
  const [withTrial, setWithTrial] = useState(tier.trial_days > 0 && overview.trial_available);
  return (
    <Dialog
      locked={locked}
      onClose={onClose}
      title={t(withTrial ? 'subscribe.title_trial' : 'subscribe.title', { tier: tier.name })}
    >
      <Section skeleton={<CheckoutSkeleton />}>
        <SubscribeFlow
          tier={tier}
          period={period}
          config={config}
          withTrial={withTrial}
          onTrialUsed={() => setWithTrial(false)}
          onBusy={setLocked}
          onDone={onDone}
        />
      </Section>
    </Dialog>
  );
}
