import { useWords } from '../../i18n/WordsProvider';
import { cardExpiry, cardName, type SavedCard } from './cards';

interface Props {
  saved: SavedCard[];
  /** Null: another card. */
  value: string | null;
  disabled: boolean;
  onChange: (id: string | null) => void;
}

export function CardChoice({ saved, value, disabled, onChange }: Props) {
  const { t } = useWords();
  const options = [
    ...saved.map((card) => ({
      id: card.id as string | null,
      name: cardName(card),
      note: t('paying.expires', { date: cardExpiry(card) }),
    })),
    { id: null, name: t('paying.other_card'), note: '' },
  ];
  return (
    <fieldset disabled={disabled} className="mb-4 overflow-hidden rounded-control border border-edge">
      <legend className="sr-only">{t('paying.pay_with')}</legend>
      {options.map(({ id, name, note }) => (
        <label
          key={id ?? 'other'}
          className="flex min-h-11 cursor-pointer items-center gap-3 border-b border-line px-3 last:border-0 has-checked:bg-engraver-wash"
        >
          <input
            type="radio"
            name="card"
            className="size-4 accent-engraver"
            checked={value === id}
            onChange={() => onChange(id)}
          />
          <span className="font-medium">{name}</span>
          <span className="ml-auto text-ink-2">{note}</span>
        </label>
      ))}
    </fieldset>
  );
}
