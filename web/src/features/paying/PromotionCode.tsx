import { useState } from 'react';
import { useWords } from '../../i18n/WordsProvider';
import { explain } from '../../lib/explain';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';

interface Props {
  /** The one that counts. */
  code: string | undefined;
  /** Previews what it would come to; throws where it cannot be used. */
  tryOut: (code: string) => Promise<unknown>;
  onChange: (code: string | undefined) => void;
}

/** Tried by a preview first: only a code that counts changes what is shown. */
export function PromotionCode({ code, tryOut, onChange }: Props) {
  const words = useWords();
  const { t } = words;
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  if (code) {
    return (
      <div className="my-2 flex min-h-11 items-center justify-between gap-3">
        <span className="min-w-0 break-words">{t('promotion.applied', { code })}</span>
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
    // In any case it is the same code; Stripe writes it so.
    const typed = text.trim().toUpperCase();
    if (!typed || busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await tryOut(typed);
      setOpen(false);
      onChange(typed);
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
