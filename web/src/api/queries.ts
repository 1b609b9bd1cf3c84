import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api, ifSignedIn } from './client';
import type { Me } from './shapes';

/** What may have changed once somebody paid, subscribed, changed or canceled. */
export const MINE = 'mine';

/** What a member was quoted: of nobody else, and not asked for again while it is being paid. */
export const QUOTES = 'quotes';

export const configQuery = queryOptions({
  queryKey: ['config'],
  queryFn: () => answered(api.GET('/api/v1/billing/config/')),
  staleTime: 60_000,
});

export const tiersQuery = queryOptions({
  queryKey: ['tiers'],
  queryFn: async () => (await answered(api.GET('/api/v1/billing/tiers/'))).data,
  staleTime: 300_000,
});

export const packagesQuery = queryOptions({
  queryKey: ['packages'],
  queryFn: async () => (await answered(api.GET('/api/v1/billing/tokens/packages/'))).data,
  staleTime: 300_000,
});

/** Null: nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async (): Promise<Me | null> => {
    const me = await ifSignedIn(api.GET('/api/v1/auth/me/'));
    return me && { ...me.user, session: me.session };
  },
  staleTime: 60_000,
  // Who comes back to the page may have become somebody else meanwhile.
  refetchOnWindowFocus: 'always',
});

/** Null: nobody is signed in. */
export const getOverview = () => ifSignedIn(api.GET('/api/v1/billing/subscription/'));

export const overviewQuery = queryOptions({ queryKey: [MINE, 'subscription'], queryFn: getOverview });

export const balanceQuery = queryOptions({
  queryKey: [MINE, 'balance'],
  queryFn: () => answered(api.GET('/api/v1/billing/tokens/balance/')),
});

export const entitlementsQuery = queryOptions({
  queryKey: [MINE, 'entitlements'],
  queryFn: () => answered(api.GET('/api/v1/billing/entitlements/')),
});

export const usageQuery = queryOptions({
  queryKey: [MINE, 'usage'],
  queryFn: () => answered(api.GET('/api/v1/billing/usage/')),
});

export const historyQuery = infiniteQueryOptions({
  queryKey: [MINE, 'history'],
  queryFn: ({ pageParam }) =>
    answered(api.GET('/api/v1/billing/tokens/history/', { params: { query: { cursor: pageParam } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const changesQuery = infiniteQueryOptions({
  queryKey: [MINE, 'changes'],
  queryFn: ({ pageParam }) =>
    answered(api.GET('/api/v1/billing/subscription/changes/', { params: { query: { cursor: pageParam } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const getInvoices = (cursor?: string) =>
  answered(api.GET('/api/v1/billing/invoices/', { params: { query: { cursor } } }));

export const invoicesQuery = infiniteQueryOptions({
  queryKey: [MINE, 'invoices'],
  queryFn: ({ pageParam }) => getInvoices(pageParam),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const invoiceQuery = (id: string) =>
  queryOptions({
    queryKey: [MINE, 'invoice', id],
    queryFn: () => answered(api.GET('/api/v1/billing/invoices/{id}/', { params: { path: { id } } })),
  });

export const cardsQuery = queryOptions({
  queryKey: [MINE, 'cards'],
  queryFn: async () => (await answered(api.GET('/api/v1/billing/payment-methods/'))).data,
});

export const billingDetailsQuery = queryOptions({
  queryKey: [MINE, 'billing-details'],
  queryFn: () => answered(api.GET('/api/v1/billing/billing-details/')),
});

export const getInvitation = () => answered(api.GET('/api/v1/billing/invitation/'));

export const invitationQuery = queryOptions({
  queryKey: [MINE, 'invitation'],
  queryFn: getInvitation,
});
