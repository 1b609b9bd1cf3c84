import { queryOptions } from '@tanstack/react-query';
import { answered, api } from '../../api/client';
import { QUOTES } from '../../api/queries';
import type { BillingPeriod } from '../../api/shapes';

export interface Plan {
  tier_slug: string;
  billing_period: BillingPeriod;
  promotion_code?: string;
}

/** Changes and charges nothing. */
export const changePreviewQuery = (plan: Plan) =>
  queryOptions({
    queryKey: [QUOTES, 'change', plan],
    queryFn: () => answered(api.POST('/api/v1/billing/update/preview/', { body: plan })),
    // A quote holds for a quarter of an hour.
    staleTime: 300_000,
    gcTime: 300_000,
  });

/** Charges exactly the quote's `due_today`, or answers `quote_expired`. */
export const postUpdate = (body: Plan & { quote_id: string }, key: string) =>
  answered(api.POST('/api/v1/billing/update/', { body, params: { header: { 'Idempotency-Key': key } } }));
