import type { Quote } from '../../api/shapes';
import { isBillingPeriod } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';

/** What is due today, and then: the amount that is charged is the one that stands here. */
export function QuoteSummary({ quote }: { quote: Quote }) {
  const { t, column, date } = useWords();
  const { currency, then } = quote;
  const amounts = [...quote.lines.map(({ amount }) => amount), quote.due_today, then.amount];
  const money = column(amounts, currency);
  const period = isBillingPeriod(then.billing_period) ? then.billing_period : 'monthly';
  return (
    <dl className="grid gap-1.5 rounded-card bg-sunken px-4 py-3.5">
      {quote.lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no names, and come and go together
        <div key={index} className="flex justify-between gap-4 text-ink-2">
          <dt>{line.description}</dt>
          <dd className="text-right whitespace-nowrap">{money(line.amount)}</dd>
        </div>
      ))}
      <div className="flex justify-between gap-4 border-edge/50 text-lg font-bold not-first:mt-1 not-first:border-t not-first:pt-2.5">
        <dt>{t('quote.due_today')}</dt>
        <dd className="text-right whitespace-nowrap">{money(quote.due_today)}</dd>
      </div>
      <div className="flex justify-between gap-4 text-ink-2">
        <dt>{t('quote.then', { date: date(then.from) })}</dt>
        <dd className="text-right whitespace-nowrap">
          {t(`quote.amount.${period}`, { amount: money(then.amount) })}
        </dd>
      </div>
    </dl>
  );
}
