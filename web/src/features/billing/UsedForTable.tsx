import type { Usage } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';

/** The longest that the table gets; the file has all. */
const MOST = 8;

/** For what most AI requests were, and which models answered; only where there is something to tell apart. */
export function UsedForTable({ usedFor }: { usedFor: Usage['used_for'] }) {
  const { t, number } = useWords();
  if (usedFor.length < 2) return null;
  return (
    <table className="mt-6 w-full text-left">
      <caption className="mb-2 text-left font-semibold">{t('usage.used_for')}</caption>
      <thead className="text-[13px] text-ink-2">
        <tr className="border-b border-line">
          <th scope="col" className="py-1.5 pr-3 font-medium">
            {t('usage.feature')}
          </th>
          <th scope="col" className="py-1.5 pl-3 text-right font-medium">
            {t('usage.requests')}
          </th>
          <th scope="col" className="py-1.5 pl-3 text-right font-medium">
            {t('usage.tokens')}
          </th>
        </tr>
      </thead>
      <tbody>
        {usedFor.slice(0, MOST).map(({ feature, model, ai_requests, tokens }) => (
          <tr key={`${feature} ${model ?? ''}`} className="border-b border-line last:border-0">
            <th scope="row" className="py-2 pr-3 font-normal wrap-anywhere">
              {feature}
              {model && <span className="block text-[13px] text-ink-2">{model}</span>}
            </th>
            <td className="py-2 pl-3 text-right tabular-nums">{number(ai_requests)}</td>
            <td className="py-2 pl-3 text-right tabular-nums">{number(tokens)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
