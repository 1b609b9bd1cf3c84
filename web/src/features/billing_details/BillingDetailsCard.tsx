import { useSuspenseQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { answered, api } from '../../api/client';
import { billingDetailsQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { AddressLines } from './AddressLines';
import { BillingDetailsDialog } from './BillingDetailsDialog';

/** To whom invoices are made out; and the way to Stripe's own pages. */
export function BillingDetailsCard() {
  const { t } = useWords();
  const id = useId();
  const { data: details } = useSuspenseQuery(billingDetailsQuery);
  const [editing, setEditing] = useState(false);
  const { busy, error, run } = useAction(async () => {
    const { url } = await answered(api.POST('/api/v1/billing/portal/', { body: {} }));
    window.location.assign(url);
  });
  // The name is the member's own until they write another.
  const isEmpty = !details.address && !details.vat_id;
  return (
    <Card aria-labelledby={id} className="flex flex-col">
      <h2 id={id} className="mb-3 text-lg font-bold">
        {t('details.title')}
      </h2>
      <AddressLines details={details} />
      {isEmpty && <p className="text-ink-2">{t('details.empty')}</p>}
      {error !== null && (
        <div className="mt-4">
          <ErrorNotice error={error} />
        </div>
      )}
      <div className="mt-auto grid gap-3 pt-5 sm:flex sm:flex-wrap">
        <Button onClick={() => setEditing(true)}>{t(isEmpty ? 'details.add' : 'details.edit')}</Button>
        <Button look="quiet" busy={busy} onClick={() => run()}>
          {t('details.portal')}
        </Button>
      </div>
      {editing && <BillingDetailsDialog details={details} onClose={() => setEditing(false)} />}
    </Card>
  );
}
