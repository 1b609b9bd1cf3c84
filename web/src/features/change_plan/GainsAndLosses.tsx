import { Minus, Plus } from 'lucide-react';
import type { Quote } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';

/** Features that come, and features that go. */
export function GainsAndLosses({ quote }: { quote: Quote }) {
  const { t, said } = useWords();
  const lists = [
    { title: t('change_plan.gains'), names: quote.gains, Icon: Plus, color: 'text-engraver' },
    { title: t('cancel.lose'), names: quote.losses, Icon: Minus, color: 'text-seal' },
  ];
  return lists
    .filter(({ names }) => names.length > 0)
    .map(({ title, names, Icon, color }) => (
      <div key={title} className="mt-4">
        <h3 className="font-semibold">{title}</h3>
        <ul className="mt-1 grid gap-x-4 text-ink-2 sm:grid-cols-2">
          {names.map((name) => (
            <li key={name} className="flex gap-2">
              <Icon aria-hidden className={`mt-1 size-4 shrink-0 ${color}`} />
              {said(name)}
            </li>
          ))}
        </ul>
      </div>
    ));
}
