import type { Invoice } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { LinkButton } from '../../ui/LinkButton';
import { InvoiceStatus } from './InvoiceStatus';

interface Props {
  invoice: Invoice;
  /** Whether Stripe's addresses lead anywhere: the sandbox's do not. */
  atStripe: boolean;
}

export function InvoiceRow({ invoice, atStripe }: Props) {
  const { t, date, exactMoney } = useWords();
  const number = invoice.number ?? date(invoice.created_at);
  return (
    <li className="grid grid-cols-[auto_1fr_auto] items-center gap-x-4 gap-y-1 border-t border-line py-3 first:border-0 first:pt-0 last:pb-0 sm:grid-cols-[6.5rem_1fr_5rem_4.5rem_auto] lg:grid-cols-[8rem_1fr_7rem_6rem_auto]">
      <span>{date(invoice.created_at)}</span>
      <span className="order-3 col-span-2 min-w-0 text-ink-2 sm:order-none sm:col-span-1">
        <span className="block font-medium break-words text-ink">{invoice.number}</span>
        <span className="block break-words">{invoice.description}</span>
      </span>
      <span className="order-2 text-right font-medium sm:order-none">
        {exactMoney(invoice.total, invoice.currency)}
      </span>
      <span className="order-1 sm:order-none">
        <InvoiceStatus status={invoice.status} />
      </span>
      <span className="order-4 -mr-4 flex justify-end sm:order-none">
        {atStripe && invoice.pdf_url && (
          <a
            href={invoice.pdf_url}
            target="_blank"
            rel="noreferrer"
            aria-label={t('invoices.pdf', { number })}
            className="grid min-h-11 place-items-center px-3 font-semibold text-engraver underline underline-offset-2"
          >
            PDF
          </a>
        )}
        <LinkButton
          to="invoice"
          search={{ id: invoice.id }}
          look="quiet"
          aria-label={t('invoices.view', { number })}
        >
          {t('invoices.see')}
        </LinkButton>
      </span>
    </li>
  );
}
