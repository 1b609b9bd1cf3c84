import type { Overview } from '../../api/shapes';

/**
 * What a card that pays from now on would be charged at once: a renewal, or the `first` payment of a plan, which is
 * finished where the plan was chosen. Null: nothing.
 */
export function owingOf(overview: Overview | null): 'first' | 'renewal' | null {
  const status = overview?.subscription?.status;
  if (status === 'incomplete') return 'first';
  return status === 'past_due' || status === 'unpaid' ? 'renewal' : null;
}
