import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered, api, newKey } from '../../api/client';
import { MINE } from '../../api/queries';
import type { Subscription } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { SelectField } from '../../ui/SelectField';

interface Props {
  subscription: Subscription;
  /** The plan's name. */
  plan: string;
  /** In days, as the operator allows. */
  longest: number;
  onClose: () => void;
}

export function PauseDialog({ subscription, plan, longest, onClose }: Props) {
  const { t, plural, date } = useWords();
  const queries = useQueryClient();
  const choices = [...new Set([7, 14, 30, 60, 90, longest])].filter((days) => days <= longest);
  const [days, setDays] = useState(choices.includes(30) ? 30 : longest);
  const { busy, error, run } = useAction(async () => {
    const params = { header: { 'Idempotency-Key': newKey() } };
    await answered(api.POST('/api/v1/billing/pause/', { body: { days }, params }));
    await queries.invalidateQueries({ queryKey: [MINE] });
    onClose();
  });
  return (
    <Dialog
      locked={busy}
      onClose={onClose}
      title={t('pause.title', { tier: plan })}
      description={t('pause.description', { date: date(subscription.current_period_end) })}
    >
      <SelectField
        label={t('pause.how_long')}
        value={days}
        onChange={(event) => setDays(Number(event.target.value))}
      >
        {choices
          .toSorted((a, b) => a - b)
          .map((choice) => (
            <option key={choice} value={choice}>
              {plural('pause.days', choice)}
            </option>
          ))}
      </SelectField>
      {error !== null && (
        <div className="mt-4">
          <ErrorNotice error={error} />
        </div>
      )}
      <div className="mt-5 grid gap-3 sm:grid-cols-2">
        <Button disabled={busy} onClick={onClose}>
          {t('cancel.keep')}
        </Button>
        <Button look="primary" busy={busy} onClick={run}>
          {t('pause.submit')}
        </Button>
      </div>
    </Dialog>
  );
}
