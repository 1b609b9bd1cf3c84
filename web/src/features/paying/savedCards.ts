import type { Overview } from '../../api/shapes';
import type { SavedCard } from './cards';

/** The cards that can pay without being typed again. */
export function savedCards(overview: Overview): SavedCard[] {
  const card = overview.subscription?.payment_method;
  return card ? [card] : [];
}
