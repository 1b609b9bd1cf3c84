import type { components } from '../../api/schema';
import { useWords } from '../../i18n/WordsProvider';
import { classes } from '../../ui/classes';

/** From the lines to what was paid, and what went back. Lines of nothing are left out. */
export function InvoiceTotals({ invoice, payments }: components['schemas']['OneInvoiceView']) {
  const { t, exactMoney } = useWords();
  const back = payments.reduce((sum, { refunded_amount }) => sum + (refunded_amount ?? 0), 0);
  const due = invoice.status === 'open' || invoice.status === 'uncollectible' ? invoice.amount_due : 0;
  const rows = [
    { name: t('invoice.subtotal'), amount: invoice.subtotal, shown: invoice.subtotal !== invoice.total },
    { name: t('invoice.discount'), amount: -invoice.discount, shown: invoice.discount !== 0 },
    { name: t('invoice.tax'), amount: invoice.tax, shown: invoice.tax !== 0 },
    { name: t('invoice.total'), amount: invoice.total, shown: true, strong: true },
    { name: t('invoice.credit'), amount: -invoice.credit, shown: invoice.credit !== 0 },
    { name: t('invoice.amount_paid'), amount: invoice.amount_paid, shown: invoice.amount_paid !== 0 },
    { name: t('invoice.refunded'), amount: -back, shown: back !== 0 },
    { name: t('invoice.amount_due'), amount: due, shown: due !== 0, strong: true },
  ];
  return (
    <dl className="mt-4 ml-auto grid max-w-xs gap-1.5">
      {rows
        .filter(({ shown }) => shown)
        .map(({ name, amount, strong }) => (
          <div
            key={name}
            className={classes('flex justify-between gap-4', strong ? 'text-lg font-bold' : 'text-ink-2')}
          >
            <dt>{name}</dt>
            <dd className="whitespace-nowrap">{exactMoney(amount, invoice.currency)}</dd>
          </div>
        ))}
    </dl>
  );
}
