import { answered, api } from '../../api/client';

const keyed = (key: string) => ({ header: { 'Idempotency-Key': key } });

/** Sets a card up for later payments; nothing is charged. */
export const postSetUp = (body: { payment_method_id: string }, key: string) =>
  answered(api.POST('/api/v1/billing/payment-methods/setup/', { body, params: keyed(key) }));

export interface CardChange {
  id: string;
  replaces?: string;
}

/** Pays everything from now on, and what is open at once. `replaces` is removed then. */
export const postDefault = ({ id, replaces }: CardChange, key: string) =>
  answered(
    api.POST('/api/v1/billing/payment-methods/{id}/default/', {
      body: { replaces },
      params: { path: { id }, ...keyed(key) },
    }),
  );

export const deleteCard = (id: string) =>
  answered(api.DELETE('/api/v1/billing/payment-methods/{id}/', { params: { path: { id } } }));
