import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { MINE } from '../../api/queries';
import type { Config, Overview, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Attempts } from '../../lib/attempts';
import { confirmNextAction, stripeQuery } from '../../lib/stripe';
import { useAction } from '../../lib/useAction';
import { useArrival } from '../../lib/useArrival';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Waiting } from '../../ui/Waiting';
import { PaymentFailure } from '../paying/PaymentFailure';
import { postPay } from '../subscribe/subscribeCalls';

interface Props {
  pending: NonNullable<Overview['pending_change']>;
  currency: string;
  tiers: Tier[];
  config: Config;
}

/** A change of plan that its bank wants confirmed: here, whatever became of the page where it was asked for. */
export function PendingChange({ pending, currency, tiers, config }: Props) {
  const { t, money, dateTime } = useWords();
  const queries = useQueryClient();
  const [attempts] = useState(() => new Attempts<object>('pending change'));
  const { waiting, wait } = useArrival(
    (live) => live.tier_slug === pending.tier_slug && live.billing_period === pending.billing_period,
    () => {},
  );
  const { busy, error, run } = useAction(async () => {
    const { confirm } = await attempts.send(async () => ({}), postPay);
    // Nothing is to be confirmed any more: it is paid, or over.
    if (!confirm) return queries.invalidateQueries({ queryKey: [MINE] });
    await confirmNextAction(await queries.ensureQueryData(stripeQuery(config)), confirm);
    return wait();
  });
  const tier = tiers.find(({ slug }) => slug === pending.tier_slug)?.name ?? pending.tier_slug;
  if (waiting === 'confirming') return <Waiting>{t('change_plan.confirming')}</Waiting>;
  return (
    <div className="grid gap-3">
      <Notice
        tone="warn"
        title={t('standing.confirm', { amount: money(pending.amount, currency) })}
        action={
          waiting === 'no' && (
            <Button look="primary" busy={busy} onClick={() => run()}>
              {t('standing.confirm_payment')}
            </Button>
          )
        }
      >
        {waiting === 'slow'
          ? t('change_plan.slow_detail')
          : t('standing.pending', { tier, date: dateTime(pending.expires_at) })}
      </Notice>
      {error !== null && <PaymentFailure failure={error} ref={null} />}
    </div>
  );
}
