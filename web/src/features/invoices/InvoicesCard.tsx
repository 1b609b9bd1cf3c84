import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { configQuery, invoicesQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { ListCard } from '../../ui/ListCard';
import { InvoiceRow } from './InvoiceRow';

export function InvoicesCard() {
  const { t } = useWords();
  const list = useSuspenseInfiniteQuery(invoicesQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  return (
    <ListCard title={t('invoices.title')} empty={t('invoices.empty')} list={list}>
      {(invoices) => (
        <ul>
          {invoices.map((invoice) => (
            <InvoiceRow key={invoice.id} invoice={invoice} atStripe={config.mode !== 'sandbox'} />
          ))}
        </ul>
      )}
    </ListCard>
  );
}
