import { useSuspenseQuery } from '@tanstack/react-query';
import { billingDetailsQuery, meQuery } from '../../api/queries';
import type { components } from '../../api/schema';
import { useWords } from '../../i18n/WordsProvider';
import { Card } from '../../ui/Card';
import { AddressLines } from '../billing_details/AddressLines';
import { InvoiceStatus } from './InvoiceStatus';
import { InvoiceTotals } from './InvoiceTotals';

/** By whom, for whom, for what, and how much: on paper it is all that there is. */
export function InvoiceDocument({ invoice, payments }: components['schemas']['OneInvoiceView']) {
  const { t, date, exactMoney } = useWords();
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: details } = useSuspenseQuery(billingDetailsQuery);
  return (
    <Card aria-label={t('invoice.title')} className="print:border-0 print:p-0">
      <div className="grid gap-6 sm:grid-cols-2">
        <dl className="grid content-start gap-1">
          {invoice.number && <Fact name={t('invoice.number')}>{invoice.number}</Fact>}
          <Fact name={t('invoice.date')}>{date(invoice.created_at)}</Fact>
          {invoice.paid_at && <Fact name={t('invoice.paid_on')}>{date(invoice.paid_at)}</Fact>}
        </dl>
        <div className="order-first sm:order-none sm:text-right">
          <p className="mb-1 text-lg font-bold tracking-tight">AllThrive</p>
          <InvoiceStatus status={invoice.status} />
        </div>
      </div>
      <div className="mt-6">
        <h2 className="text-ink-2">{t('invoice.bill_to')}</h2>
        <AddressLines details={{ ...details, name: details.name ?? me?.name }} />
        {me?.email && <p className="break-all text-ink-2">{me.email}</p>}
      </div>
      <table className="mt-6 w-full text-left">
        <thead className="text-ink-2">
          <tr className="border-b border-edge">
            <th scope="col" className="py-2 pr-4 font-normal">
              {t('invoice.what')}
            </th>
            <th scope="col" className="py-2 text-right font-normal">
              {t('invoice.amount')}
            </th>
          </tr>
        </thead>
        <tbody>
          {invoice.lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no names, and never change
            <tr key={index} className="border-b border-line align-top">
              <td className="py-3 pr-4">
                <span className="block font-medium">{line.description}</span>
                <span className="text-ink-2">
                  {t('invoice.period', { from: date(line.period_start), to: date(line.period_end) })}
                </span>
              </td>
              <td className="py-3 text-right whitespace-nowrap">
                {exactMoney(line.amount, invoice.currency)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <InvoiceTotals invoice={invoice} payments={payments} />
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div className="flex gap-4">
      <dt className="w-24 shrink-0 text-ink-2">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}
