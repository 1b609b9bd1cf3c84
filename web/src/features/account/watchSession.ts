import type { QueryClient } from '@tanstack/react-query';
import { Problem } from '../../api/problem';
import { MINE, meQuery, overviewQuery } from '../../api/queries';
import type { User } from '../../api/shapes';
import { leaveFor } from '../../lib/hold';
import { onOtherTab } from '../../lib/session';
import { forgetMember } from './forgetMember';

/**
 * The session may end, or become another member's, without this tab: in another one, by time, or by the host. Whatever
 * tells of it, the member before is forgotten and the page begins anew. Gives the way to stop watching.
 */
export function watchSession(queries: QueryClient, beginAnew = () => leaveFor()): () => void {
  /** Undefined until it is known; null is nobody. */
  let known: string | null | undefined;
  const leave = () => {
    known = undefined;
    forgetMember(queries);
    beginAnew();
  };
  const stopWatching = queries.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated') return;
    const { action, query } = event;
    const [root, name] = query.queryKey;
    if (action.type === 'success' && root === meQuery.queryKey[0]) {
      const before = known;
      known = (query.state.data as User | null)?.id ?? null;
      // Who signs in or out in this tab says so, and forgets by itself.
      if (action.manual || before === undefined || before === known) return;
      if (before !== null) leave();
      else queries.invalidateQueries({ queryKey: [MINE] });
    }
    if (!known || root !== MINE) return;
    const isRefused =
      action.type === 'error' && action.error instanceof Problem && action.error.status === 401;
    // It is null for nobody, and no error.
    const isNobodys = action.type === 'success' && name === overviewQuery.queryKey[1] && !query.state.data;
    if (isRefused || isNobodys) leave();
  });
  const stopListening = onOtherTab(() => {
    // Where it cannot be asked who is here, it must be taken for somebody else.
    queries.fetchQuery({ ...meQuery, staleTime: 0 }).catch(leave);
  });
  // A browser may show a page that was left as it stood, without a word to the server.
  const shown = (event: PageTransitionEvent) => {
    if (event.persisted) leave();
  };
  window.addEventListener('pageshow', shown);
  return () => {
    window.removeEventListener('pageshow', shown);
    stopWatching();
    stopListening();
  };
}
