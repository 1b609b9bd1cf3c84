import { lazy, Suspense, useState } from 'react';
import { type Config, isBillingPeriod, type Overview, type Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Button } from '../../ui/Button';
import { LinkButton } from '../../ui/LinkButton';
import { CancelDialog } from '../cancel/CancelDialog';
import { nextTier } from './nextTier';
import { PauseDialog } from './PauseDialog';
import { standingOf } from './standing';

const ChangePlanDialog = lazy(async () => ({
  default: (await import('../change_plan/ChangePlanDialog')).ChangePlanDialog,
}));

interface Props {
  overview: Overview;
  tiers: Tier[];
  config: Config;
  /** The plan's name. */
  plan: string;
}

/** What can be done with the plan as it stands. The banner has what is to be done first. */
export function PlanActions({ overview, tiers, config, plan }: Props) {
  const { t } = useWords();
  const [open, setOpen] = useState<'upgrade' | 'pause' | 'cancel' | null>(null);
  const close = () => setOpen(null);
  const { subscription } = overview;
  const standing = subscription && standingOf(subscription).kind;
  const next = subscription && nextTier(subscription, tiers);
  const canPause = standing === 'fine' && subscription?.status === 'active' && config.longest_pause_days > 0;
  return (
    <div className="mt-auto grid gap-3 pt-6 sm:flex sm:flex-wrap sm:gap-x-4">
      {next && (
        <Button look="primary" onClick={() => setOpen('upgrade')}>
          {t('plan.upgrade', { tier: next.name })}
        </Button>
      )}
      <LinkButton to="pricing" look={subscription ? 'secondary' : 'primary'}>
        {t('plan.see_plans')}
      </LinkButton>
      <div className="flex flex-wrap justify-center empty:hidden sm:-ml-4">
        {canPause && (
          <Button look="quiet" onClick={() => setOpen('pause')}>
            {t('plan.pause')}
          </Button>
        )}
        {subscription && standing !== 'ending' && (
          <Button look="quiet" onClick={() => setOpen('cancel')}>
            {t('plan.cancel')}
          </Button>
        )}
      </div>
      {open === 'upgrade' && next && subscription && (
        <Suspense fallback={null}>
          <ChangePlanDialog
            tier={next}
            period={isBillingPeriod(subscription.billing_period) ? subscription.billing_period : 'monthly'}
            config={config}
            onClose={close}
            onDone={close}
          />
        </Suspense>
      )}
      {open === 'pause' && subscription && (
        <PauseDialog
          subscription={subscription}
          plan={plan}
          longest={config.longest_pause_days}
          onClose={close}
        />
      )}
      {open === 'cancel' && subscription && (
        <CancelDialog subscription={subscription} tiers={tiers} onClose={close} />
      )}
    </div>
  );
}
