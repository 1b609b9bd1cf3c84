import { queryOptions } from '@tanstack/react-query';
import { answered, api } from '../../api/client';
import { MINE } from '../../api/queries';
import type { components } from '../../api/schema';
import type { Subscription } from '../../api/shapes';

/** What canceling at once would give back; cancels nothing. */
export const cancelPreviewQuery = (subscription: Subscription) =>
  queryOptions({
    queryKey: [MINE, 'cancel-preview', subscription.id],
    queryFn: () => answered(api.POST('/api/v1/billing/cancel/preview/', { body: {} })),
    // One can cancel without knowing.
    retry: false,
  });

export const postCancel = (body: components['schemas']['CancelBody'], key: string) =>
  answered(api.POST('/api/v1/billing/cancel/', { body, params: { header: { 'Idempotency-Key': key } } }));
