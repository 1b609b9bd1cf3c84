import { useState } from 'react';
import type { BillingPeriod, Config, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { usePlaces } from '../../lib/places';
import { Dialog } from '../../ui/Dialog';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { ChangePlanFlow } from './ChangePlanFlow';

interface Props {
  tier: Tier;
  period: BillingPeriod;
  config: Config;
  onClose: () => void;
  /** When it is there; without it the billing page shows what has changed. */
  onDone?: () => void;
}

export function ChangePlanDialog({ tier, period, config, onClose, onDone }: Props) {
  const { t } = useWords();
  const { hrefOf, go } = usePlaces();
  const [locked, setLocked] = useState(false);
  return (
    <Dialog locked={locked} onClose={onClose} title={t('change_plan.title', { tier: tier.name })}>
      <Section skeleton={<Skeleton className="h-[330px]" />}>
        <ChangePlanFlow
          tier={tier}
          period={period}
          config={config}
          onBusy={setLocked}
          onDone={onDone ?? (() => go(hrefOf('billing')))}
        />
      </Section>
    </Dialog>
  );
}
