import { queryOptions, useSuspenseQuery } from '@tanstack/react-query';
import { getInvitation, MINE } from '../../api/queries';
import type { Overview, Tier } from '../../api/shapes';

const invitedQuery = (asks: boolean) =>
  queryOptions({
    queryKey: [MINE, 'invited', asks],
    queryFn: async () => asks && (await getInvitation()).invited,
  });

/** Whether the reader may take a tier that is by invitation. Asked only where one of those is sold. */
export function useInvited(overview: Overview | null, tiers: Tier[]): boolean {
  const isSold = tiers.some(({ availability, prices }) => availability === 'invitation' && prices.length > 0);
  return useSuspenseQuery(invitedQuery(overview !== null && isSold)).data;
}
