import { useQueryClient } from '@tanstack/react-query';
import { overviewQuery } from '../../api/queries';
import { owingOf } from './owing';

/** Asks anew what another card would be charged at once: what the page shows may be of before a renewal. */
export function useOwing() {
  const queries = useQueryClient();
  return async () => owingOf(await queries.fetchQuery({ ...overviewQuery, staleTime: 0 }));
}
