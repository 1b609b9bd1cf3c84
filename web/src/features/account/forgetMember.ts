import type { QueryClient } from '@tanstack/react-query';
import { paywall } from '../../api/paywall';
import { MINE } from '../../api/queries';
import { forgetAttempts } from '../../lib/attempts';
import { chat } from '../ai/chat';

/** Whoever is here now is somebody else, or nobody: of the member before nothing may be left on the page. */
export function forgetMember(queries: QueryClient): void {
  paywall.giveUp();
  chat.forget();
  forgetAttempts();
  queries.removeQueries({ queryKey: [MINE] });
}
