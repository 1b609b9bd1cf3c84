import { useQueryClient } from '@tanstack/react-query';
import { Minus } from 'lucide-react';
import { useState } from 'react';
import { answered, api, newKey } from '../../api/client';
import { MINE } from '../../api/queries';
import type { CancelReason, Subscription, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { CancelReasons } from './CancelReasons';
import { lost } from './lost';

interface Props {
  subscription: Subscription;
  tiers: Tier[];
  onClose: () => void;
}

/** What is lost and when, why, and either "keep" or "cancel". It can be undone until the date. */
export function CancelDialog({ subscription, tiers, onClose }: Props) {
  const { t, date } = useWords();
  const queries = useQueryClient();
  const [reason, setReason] = useState<CancelReason>();
  const [comment, setComment] = useState('');
  const tier = tiers.find(({ slug }) => slug === subscription.tier_slug);
  // What was never paid has no period to keep.
  const now = subscription.status === 'incomplete' || subscription.status === 'unpaid';
  const { busy, error, run } = useAction(async () => {
    const body = {
      at: now ? ('now' as const) : ('period_end' as const),
      reason,
      comment: comment.trim() || undefined,
    };
    const params = { header: { 'Idempotency-Key': newKey() } };
    await answered(api.POST('/api/v1/billing/cancel/', { body, params }));
    await queries.invalidateQueries({ queryKey: [MINE] });
    onClose();
  });
  const end = { date: date(subscription.current_period_end), tier: tier?.name ?? '' };
  const consequence = now
    ? 'cancel.at_once'
    : subscription.status === 'trialing'
      ? 'cancel.trial'
      : 'cancel.at_end';
  return (
    <Dialog locked={busy} onClose={onClose} title={t('cancel.title', end)} description={t(consequence, end)}>
      <h3 className="font-semibold">{t('cancel.lose')}</h3>
      <ul className="mt-1 mb-4 grid gap-x-4 text-ink-2 sm:grid-cols-2">
        {lost(tier, tiers).map((name) => (
          <li key={name} className="flex gap-2">
            <Minus aria-hidden className="mt-1 size-4 shrink-0 text-seal" />
            {name}
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
          {t('plan.cancel')}
        </Button>
      </div>
    </Dialog>
  );
}
