import type { QueryClient } from '@tanstack/react-query';
import { paywall } from '../../api/paywall';
import { MINE } from '../../api/queries';
import { chat } from '../ai/chat';

/** Whoever is here now is somebody else, or nobody: of the member before nothing may be left on the page. */
export function forgetMember(queries: QueryClient): void {
  paywall.giveUp();
  chat.forget();
  queries.removeQueries({ queryKey: [MINE] });
}
