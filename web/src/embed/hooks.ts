import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import {
  balanceQuery,
  entitlementsQuery,
  MINE,
  overviewQuery,
  packagesQuery,
  tiersQuery,
  usageQuery,
} from '../api/queries';
import { useBilling } from './BillingProvider';

/** The plan, and the subscription if there is one. Null: nobody is signed in. */
export const useSubscription = () => useQuery(overviewQuery, useBilling().queries);

/** What the plan allows: for what a host shows, locks or counts. */
export const useEntitlements = () => useQuery(entitlementsQuery, useBilling().queries);

export const useBalance = () => useQuery(balanceQuery, useBilling().queries);

export const useUsage = () => useQuery(usageQuery, useBilling().queries);

export const useTiers = () => useQuery(tiersQuery, useBilling().queries);

export const useTokenPackages = () => useQuery(packagesQuery, useBilling().queries);

/** For after something of the host's own that costs or gives: what is shown of the member is asked for again. */
export function useRefreshBilling(): () => Promise<void> {
  const { queries } = useBilling();
  return useCallback(() => queries.invalidateQueries({ queryKey: [MINE] }), [queries]);
}
