import type { Usage } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';

const HEIGHT = 140;
const SLOT = 24;

/** Thirty days of AI requests, as bars; and as a table for who does not see them. */
export function UsageChart({ days }: { days: Usage['days'] }) {
  const { t, day, number } = useWords();
  const most = Math.max(...days.map(({ ai_requests }) => ai_requests), 1);
  const isEmpty = days.every(({ ai_requests }) => ai_requests === 0);
  const width = days.length * SLOT;
  return (
    <figure className="mt-6">
      <figcaption className="sr-only">{t('usage.chart')}</figcaption>
      {isEmpty ? (
        <p className="grid h-[172px] place-items-center rounded-control bg-sunken px-4 text-center text-ink-2">
          {t('usage.empty')}
        </p>
      ) : (
        <>
          <svg
            aria-hidden
            viewBox={`0 0 ${width} ${HEIGHT}`}
            preserveAspectRatio="none"
            className="h-[140px] w-full"
          >
            {days.map(({ date, ai_requests }, index) => {
              const height = Math.max((ai_requests / most) * (HEIGHT - 4), ai_requests > 0 ? 3 : 1);
              return (
                <rect
                  key={date}
                  x={index * SLOT + 3}
                  width={SLOT - 6}
                  y={HEIGHT - height}
                  height={height}
                  className={ai_requests > 0 ? 'fill-engraver' : 'fill-line'}
                >
                  <title>{`${day(date)}: ${number(ai_requests)}`}</title>
                </rect>
              );
            })}
          </svg>
          <div aria-hidden className="mt-2 flex justify-between text-[13px] text-ink-2">
            {[0, Math.floor((days.length - 1) / 2), days.length - 1].map((index) => (
              <span key={index}>{day(days[index]?.date ?? '')}</span>
            ))}
          </div>
        </>
      )}
      <table className="sr-only">
        <thead>
          <tr>
            <th scope="col">{t('history.date')}</th>
            <th scope="col">{t('usage.requests')}</th>
          </tr>
        </thead>
        <tbody>
          {days.map(({ date, ai_requests }) => (
            <tr key={date}>
              <td>{day(date)}</td>
              <td>{number(ai_requests)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
