import { useSuspenseInfiniteQuery } from '@tanstack/react-query';
import { invoicesQuery } from '../../api/queries';
import type { Key } from '../../i18n/en';
import { useWords } from '../../i18n/WordsProvider';
import { Badge, type Tone } from '../../ui/Badge';
import { ListCard } from '../../ui/ListCard';

const TONES: Record<string, Tone> = { paid: 'good', open: 'warn', uncollectible: 'bad', void: 'plain' };

export function InvoicesCard() {
  const { t, date, money } = useWords();
  const list = useSuspenseInfiniteQuery(invoicesQuery);
  return (
    <ListCard id="invoices" title={t('invoices.title')} empty={t('invoices.empty')} list={list}>
      {(invoices) => (
        <ul>
          {invoices.map((invoice) => (
            <li
              key={invoice.id}
              className="grid grid-cols-[1fr_auto] items-center gap-x-4 border-t border-line py-3 first:border-0 sm:grid-cols-[7rem_1fr_5rem_5.5rem_2.5rem] lg:grid-cols-[9rem_1fr_7rem_7rem_3rem]"
            >
              <span>{date(invoice.created_at)}</span>
              <span className="order-last col-span-2 min-w-0 break-words text-ink-2 sm:order-none sm:col-span-1">
                {[invoice.number, invoice.description].filter(Boolean).join(' · ')}
              </span>
              <span className="text-right font-medium">{money(invoice.total, invoice.currency)}</span>
              <span>
                {invoice.status in TONES && (
                  <Badge tone={TONES[invoice.status] ?? 'plain'}>
                    {t(`invoice.${invoice.status}` as Key)}
                  </Badge>
                )}
              </span>
              <span className="text-right">
                {invoice.pdf_url && (
                  <a
                    href={invoice.pdf_url}
                    target="_blank"
                    rel="noreferrer"
                    aria-label={t('invoices.pdf', { number: invoice.number ?? date(invoice.created_at) })}
                    className="font-semibold text-engraver underline underline-offset-2"
                  >
                    PDF
                  </a>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </ListCard>
  );
}
