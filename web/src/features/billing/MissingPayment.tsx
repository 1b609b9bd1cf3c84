import { lazy, Suspense, useState } from 'react';
import type { Config, Overview, Subscription } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { useOpenPayment } from '../paying/openPayment';
import type { Standing } from './standing';

const FixPaymentDialog = lazy(async () => ({
  default: (await import('../paying/FixPaymentDialog')).FixPaymentDialog,
}));

interface Props {
  subscription: Subscription;
  overview: Overview;
  config: Config;
  /** The plan's name. */
  plan: string;
  standing: Extract<Standing, { kind: 'past_due' | 'unpaid' }>;
}

/** A payment is missing: because the bank wants its holder, or the card was refused. It is paid in place. */
export function MissingPayment({ subscription, overview, config, plan, standing }: Props) {
  const { t, date, money } = useWords();
  const [fixing, setFixing] = useState(false);
  const due = useOpenPayment();
  const amount = due && money(due.amount, due.currency);
  const title = () => {
    if (due?.needsConfirmation) return t('standing.confirm', { amount: amount ?? '' });
    if (standing.kind === 'unpaid') return t('standing.unpaid');
    return amount ? t('standing.past_due_amount', { amount }) : t('standing.past_due');
  };
  const detail = () => {
    const isOver = standing.kind === 'unpaid' || overview.tier.slug !== subscription.tier_slug;
    if (isOver) return t('standing.unpaid_detail', { tier: plan });
    if (!standing.until) return t('standing.past_due_detail');
    return t('standing.past_due_until', { tier: plan, date: date(standing.until) });
  };
  return (
    <Notice
      tone="bad"
      title={title()}
      action={
        <Button look="primary" onClick={() => setFixing(true)}>
          {t(due?.needsConfirmation ? 'standing.confirm_payment' : 'standing.fix_payment')}
        </Button>
      }
    >
      {detail()}
      {fixing && (
        <Suspense fallback={null}>
          <FixPaymentDialog config={config} onClose={() => setFixing(false)} />
        </Suspense>
      )}
    </Notice>
  );
}
