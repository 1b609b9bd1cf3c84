import { queryOptions } from '@tanstack/react-query';
import { answered, api } from '../../api/client';
import { QUOTES } from '../../api/queries';
import type { BillingPeriod } from '../../api/shapes';
import type { Consent } from '../paying/ConsentBoxes';

export interface Order {
  tier_slug: string;
  billing_period: BillingPeriod;
  trial: boolean;
  promotion_code?: string;
  consent?: Consent;
}

/** Makes and charges nothing. */
export const subscribePreviewQuery = (order: Order) =>
  queryOptions({
    queryKey: [QUOTES, 'subscribe', order],
    queryFn: () => answered(api.POST('/api/v1/billing/subscribe/preview/', { body: order })),
    staleTime: 60_000,
  });

export const postSubscribe = (order: Order & { payment_method_id: string }, key: string) =>
  answered(
    api.POST('/api/v1/billing/subscribe/', { body: order, params: { header: { 'Idempotency-Key': key } } }),
  );

/** Pays what is open: a first payment, what is past due, or a change of plan. Without a card by the one that pays anyway. */
export const postPay = (body: { payment_method_id?: string }, key: string) =>
  answered(
    api.POST('/api/v1/billing/subscription/pay/', { body, params: { header: { 'Idempotency-Key': key } } }),
  );
