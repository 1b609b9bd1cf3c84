import type { QueryClient } from '@tanstack/react-query';
import { paywall } from '../../api/paywall';
import { MINE, QUOTES } from '../../api/queries';
import { forgetAttempts } from '../../lib/attempts';
import { chat } from '../ai/chat';

/** Whoever is here now is somebody else, or nobody: of the member before nothing may be left on the page. */
export function forgetMember(queries: QueryClient): void {
  paywall.giveUp();
  chat.forget();
  forgetAttempts();
  for (const root of [MINE, QUOTES]) queries.removeQueries({ queryKey: [root] });
}
