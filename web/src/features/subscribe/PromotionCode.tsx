import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useWords } from '../../i18n/WordsProvider';
import { explain } from '../../lib/explain';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { type Order, subscribePreviewQuery } from './subscribeCalls';

interface Props {
  order: Order;
  onChange: (code: string | undefined) => void;
}

/** Tried by a preview first: only a code that counts changes what is shown. */
export function PromotionCode({ order, onChange }: Props) {
  const words = useWords();
  const { t } = words;
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  if (order.promotion_code) {
    return (
      <div className="my-2 flex min-h-11 items-center justify-between gap-3">
        <span className="min-w-0 break-words">{t('promotion.applied', { code: order.promotion_code })}</span>
        <Button look="quiet" onClick={() => onChange(undefined)}>
          {t('promotion.remove')}
        </Button>
      </div>
    );
  }
  if (!open) {
    return (
      <button
        type="button"
        className="my-1 min-h-11 text-ink-2 underline underline-offset-2 hover:text-ink"
        onClick={() => setOpen(true)}
      >
        {t('promotion.open')}
      </button>
    );
  }
  const apply = async () => {
    const code = text.trim();
    if (!code || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await queries.fetchQuery(subscribePreviewQuery({ ...order, promotion_code: code }));
      setOpen(false);
      onChange(code);
    } catch (cause) {
      setError(explain(cause, words).title);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      className="my-4 grid grid-cols-[1fr_auto] items-start gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <Field
        label={t('promotion.label')}
        value={text}
        error={error}
        autoComplete="off"
        autoFocus
        onChange={(event) => setText(event.target.value)}
      />
      <div className="mt-7">
        <Button type="submit" busy={busy}>
          {t('promotion.apply')}
        </Button>
      </div>
    </form>
  );
}
