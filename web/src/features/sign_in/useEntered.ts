import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { MINE, meQuery } from '../../api/queries';
import type { User } from '../../api/shapes';

/** After signing in: what was loaded for nobody is forgotten, and the member goes to where they wanted to. */
export function useEntered(next: string | undefined) {
  const queries = useQueryClient();
  const router = useRouter();
  return async (user: User) => {
    queries.removeQueries({ queryKey: [MINE] });
    queries.setQueryData(meQuery.queryKey, user);
    router.history.push(next ?? '/account/billing');
  };
}
