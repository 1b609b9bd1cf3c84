import { useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../../api/client';
import { billingDetailsQuery } from '../../api/queries';
import type { BillingDetails } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { Field } from '../../ui/Field';
import { Form } from '../../ui/Form';
import { fieldErrors } from '../sign_in/fieldErrors';
import { CountryField } from './CountryField';

type Text = (name: string) => string;

/** What was typed; an address of nothing is none. */
function read(text: Text): BillingDetails {
  const given = (name: string) => text(name).trim() || undefined;
  const address = {
    line1: given('line1'),
    line2: given('line2'),
    city: given('city'),
    state: given('state'),
    postal_code: given('postal_code'),
    country: given('country'),
  };
  const isEmpty = Object.values(address).every((line) => line === undefined);
  return { name: given('name'), address: isEmpty ? undefined : address, vat_id: given('vat_id') };
}

export function BillingDetailsDialog({ details, onClose }: { details: BillingDetails; onClose: () => void }) {
  const { t } = useWords();
  const queries = useQueryClient();
  const { busy, error, run } = useAction(async (changed: BillingDetails) => {
    const saved = await answered(api.PUT('/api/v1/billing/billing-details/', { body: changed }));
    queries.setQueryData(billingDetailsQuery.queryKey, saved);
    onClose();
  });
  const wrong = fieldErrors(error);
  const isBesideField = ['name', 'address.country', 'vat_id'].some((field) => field in wrong);
  const { address } = details;
  return (
    <Dialog locked={busy} onClose={onClose} title={t('details.title')} description={t('details.empty')}>
      <Form onSubmit={(text) => run(read(text))}>
        <Field
          label={t('details.name')}
          name="name"
          autoComplete="name"
          maxLength={200}
          defaultValue={details.name ?? ''}
          error={wrong.name && t('details.too_long')}
        />
        <Field
          label={t('details.line1')}
          name="line1"
          autoComplete="address-line1"
          maxLength={200}
          defaultValue={address?.line1 ?? ''}
        />
        <Field
          label={t('details.line2')}
          name="line2"
          autoComplete="address-line2"
          maxLength={200}
          defaultValue={address?.line2 ?? ''}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Field
            label={t('details.postal_code')}
            name="postal_code"
            autoComplete="postal-code"
            maxLength={200}
            defaultValue={address?.postal_code ?? ''}
          />
          <Field
            label={t('details.city')}
            name="city"
            autoComplete="address-level2"
            maxLength={200}
            defaultValue={address?.city ?? ''}
          />
        </div>
        <Field
          label={t('details.state')}
          name="state"
          autoComplete="address-level1"
          maxLength={200}
          defaultValue={address?.state ?? ''}
        />
        <CountryField
          defaultValue={address?.country ?? ''}
          error={wrong['address.country'] && t('details.country_missing')}
        />
        <Field
          label={t('details.vat_id')}
          name="vat_id"
          autoComplete="off"
          hint={t('details.vat_id_hint')}
          defaultValue={details.vat_id ?? ''}
          error={wrong.vat_id && t('details.vat_id_wrong')}
        />
        {error !== null && !isBesideField && <ErrorNotice error={error} />}
        <Button type="submit" look="primary" wide busy={busy}>
          {t('details.save')}
        </Button>
      </Form>
    </Dialog>
  );
}
