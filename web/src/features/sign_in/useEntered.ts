import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { meQuery } from '../../api/queries';
import type { Me, User } from '../../api/shapes';
import { PATHS } from '../../lib/places';
import { tellOtherTabs } from '../../lib/session';
import { forgetMember } from '../account/forgetMember';

/** After signing in: what was loaded for nobody is forgotten, and the member goes to where they wanted to. */
export function useEntered(next: string | undefined, { replace = false } = {}) {
  const queries = useQueryClient();
  const router = useRouter();
  return async (user: User, session = true) => {
    forgetMember(queries);
    const me: Me = { ...user, session };
    queries.setQueryData(meQuery.queryKey, me);
    tellOtherTabs();
    const { history } = router;
    // An address with a code is nowhere to come back to.
    (replace ? history.replace : history.push)(next ?? PATHS.billing);
  };
}
