import { useWords } from '../../i18n/WordsProvider';

export type When = 'period_end' | 'refund';

interface Props {
  value: When;
  /** The end of what is paid. */
  end: string;
  /** What is given back, as it is written. */
  amount: string;
  onChange: (when: When) => void;
}

/** At the end of what was paid for, or at once with the money back. */
export function CancelChoice({ value, end, amount, onChange }: Props) {
  const { t } = useWords();
  const options = [
    { when: 'period_end', name: t('cancel.choose_end', { date: end }), note: t('cancel.choose_end_note') },
    { when: 'refund', name: t('cancel.choose_now', { amount }), note: t('cancel.choose_now_note') },
  ] as const;
  return (
    <fieldset className="mb-4">
      <legend className="mb-1 font-semibold">{t('cancel.when')}</legend>
      <div className="overflow-hidden rounded-control border border-edge">
        {options.map(({ when, name, note }) => (
          <label
            key={when}
            className="flex min-h-11 cursor-pointer items-center gap-3 border-b border-line px-3 py-2 last:border-0 has-checked:bg-engraver-wash"
          >
            <input
              type="radio"
              name="when"
              className="size-4 shrink-0 accent-engraver"
              checked={value === when}
              onChange={() => onChange(when)}
            />
            <span>
              <span className="block font-medium">{name}</span>
              <span className="block text-ink-2">{note}</span>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
