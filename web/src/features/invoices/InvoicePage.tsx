import { useSuspenseQuery } from '@tanstack/react-query';
import { configQuery, invoiceQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { Button } from '../../ui/Button';
import { LinkButton } from '../../ui/LinkButton';
import { PageTitle } from '../../ui/PageTitle';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { InvoiceDocument } from './InvoiceDocument';

/** One invoice, to read and to print. */
export function InvoicePage({ id }: { id: string }) {
  const { t } = useWords();
  return (
    <div className="mx-auto max-w-[860px]">
      <PageTitle>{t('invoice.title')}</PageTitle>
      <Section skeleton={<Skeleton className="h-[620px]" />}>
        <OneInvoice id={id} />
      </Section>
    </div>
  );
}

function OneInvoice({ id }: { id: string }) {
  const { t } = useWords();
  const { data } = useSuspenseQuery(invoiceQuery(id));
  const { data: config } = useSuspenseQuery(configQuery);
  const { invoice } = data;
  return (
    <>
      <div className="mb-4 grid gap-3 sm:flex sm:flex-wrap print:hidden">
        <Button look="primary" onClick={() => window.print()}>
          {t('invoice.print')}
        </Button>
        {config.mode !== 'sandbox' && invoice.hosted_url && (
          <a
            href={invoice.hosted_url}
            target="_blank"
            rel="noreferrer"
            className="grid min-h-11 place-items-center px-4 font-semibold underline underline-offset-2"
          >
            {t('invoice.stripe_page')}
          </a>
        )}
        <LinkButton to="billing" look="quiet">
          {t('invoice.back')}
        </LinkButton>
      </div>
      <InvoiceDocument {...data} />
    </>
  );
}
