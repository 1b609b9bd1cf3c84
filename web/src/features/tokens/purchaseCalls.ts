import { answered, api } from '../../api/client';
import type { Consent } from '../paying/ConsentBoxes';

interface Buy {
  package_slug: string;
  payment_method_id: string;
  consent?: Consent;
}

export const postPurchase = (body: Buy, key: string) =>
  answered(
    api.POST('/api/v1/billing/tokens/purchase/', { body, params: { header: { 'Idempotency-Key': key } } }),
  );

/** The same payment intent again: it can be paid only once. */
export const postPayPurchase = (id: string, payment_method_id: string, key: string) =>
  answered(
    api.POST('/api/v1/billing/tokens/purchases/{id}/pay/', {
      body: { payment_method_id },
      params: { path: { id }, header: { 'Idempotency-Key': key } },
    }),
  );

export const getPurchase = async (id: string) =>
  (await answered(api.GET('/api/v1/billing/tokens/purchases/{id}/', { params: { path: { id } } }))).purchase;
