import { useId } from 'react';
import type { Allowance } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';

export function AllowanceBar({ allowance }: { allowance: Allowance }) {
  const { t, number, dateTime } = useWords();
  const id = useId();
  const { used, limit, resets_at } = allowance;
  const share = limit > 0 ? Math.min(1, used / limit) : 1;
  const says = t('usage.of', { used: number(used), limit: number(limit) });
  return (
    <div>
      <div className="mb-1.5 flex flex-wrap justify-between gap-x-4">
        <span id={id} className="font-medium">
          {t('usage.allowance')}
        </span>
        <span className="text-ink-2">
          {resets_at ? t('usage.resets', { used: says, date: dateTime(resets_at) }) : says}
        </span>
      </div>
      <meter aria-labelledby={id} className="sr-only" min={0} max={limit} value={used}>
        {says}
      </meter>
      <svg
        aria-hidden
        className="h-2 w-full overflow-hidden rounded-full bg-sunken"
        preserveAspectRatio="none"
      >
        <rect
          height="100%"
          width={`${share * 100}%`}
          className={share >= 0.9 ? 'fill-brass' : 'fill-engraver'}
        />
      </svg>
    </div>
  );
}
