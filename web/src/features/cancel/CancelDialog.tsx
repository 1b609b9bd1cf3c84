import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Minus } from 'lucide-react';
import { useState } from 'react';
import { newKey } from '../../api/client';
import { MINE } from '../../api/queries';
import type { CancelReason, Subscription, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Skeleton } from '../../ui/Skeleton';
import { CancelChoice, type When } from './CancelChoice';
import { CancelReasons } from './CancelReasons';
import { cancelPreviewQuery, postCancel } from './cancelCalls';
import { lost } from './lost';

interface Props {
  subscription: Subscription;
  tiers: Tier[];
  onClose: () => void;
}

/** What is lost and when, why, and either "keep" or "cancel". It can be undone until the date. */
export function CancelDialog({ subscription, tiers, onClose }: Props) {
  const { t, date, money, said } = useWords();
  const queries = useQueryClient();
  const { data: preview, isPending } = useQuery(cancelPreviewQuery(subscription));
  const [when, setWhen] = useState<When>('period_end');
  const [reason, setReason] = useState<CancelReason>();
  const [comment, setComment] = useState('');
  const tier = tiers.find(({ slug }) => slug === subscription.tier_slug);
  // What was never paid has no period to keep.
  const now = subscription.status === 'incomplete' || subscription.status === 'unpaid';
  const back = !now && preview?.refund ? money(preview.refund.amount, preview.refund.currency) : null;
  const withRefund = back !== null && when === 'refund';
  const { busy, error, run } = useAction(async () => {
    await postCancel(
      {
        at: now || withRefund ? 'now' : 'period_end',
        refund: withRefund,
        reason,
        comment: comment.trim() || undefined,
      },
      newKey(),
    );
    await queries.invalidateQueries({ queryKey: [MINE] });
    onClose();
  });
  const end = date(subscription.current_period_end);
  const words = { date: end, tier: tier?.name ?? '' };
  const consequence = () => {
    if (withRefund) return t('cancel.refunded', { amount: back });
    if (now) return t('cancel.at_once');
    return t(subscription.status === 'trialing' ? 'cancel.trial' : 'cancel.at_end', words);
  };
  return (
    <Dialog locked={busy} onClose={onClose} title={t('cancel.title', words)} description={consequence()}>
      {isPending ? (
        <Skeleton className="h-[420px]" />
      ) : (
        <>
          {back && <CancelChoice value={when} end={end} amount={back} onChange={setWhen} />}
          <h3 className="font-semibold">{t('cancel.lose')}</h3>
          <ul className="mt-1 mb-4 grid gap-x-4 text-ink-2 sm:grid-cols-2">
            {lost(tier, tiers).map((name) => (
              <li key={name} className="flex gap-2">
                <Minus aria-hidden className="mt-1 size-4 shrink-0 text-seal" />
                {said(name)}
              </li>
            ))}
          </ul>
          <p className="mb-4 text-ink-2">{t('cancel.tokens_stay')}</p>
          <CancelReasons reason={reason} onReason={setReason} comment={comment} onComment={setComment} />
          {error !== null && (
            <div className="mt-4">
              <ErrorNotice error={error} />
            </div>
          )}
          <div className="mt-5 grid gap-3 sm:grid-cols-2">
            <Button look="primary" disabled={busy} onClick={onClose}>
              {t('cancel.keep')}
            </Button>
            <Button look="danger" busy={busy} onClick={run}>
              {withRefund ? t('cancel.submit_refund', { amount: back }) : t('plan.cancel')}
            </Button>
          </div>
        </>
      )}
    </Dialog>
  );
}
