import type { Subscription, Tier } from '../../api/shapes';
import { standingOf } from './standing';

/** The tier above, in the catalog's order, that is for sale at the same period; only where nothing else is to be done first. */
export function nextTier(subscription: Subscription, tiers: Tier[]): Tier | undefined {
  if (!['fine', 'trial'].includes(standingOf(subscription).kind)) return undefined;
  const rank = tiers.findIndex(({ slug }) => slug === subscription.tier_slug);
  const above = rank < 0 ? [] : tiers.slice(rank + 1);
  return above.find(
    ({ availability, prices }) =>
      availability === 'open' &&
      prices.some(({ billing_period }) => billing_period === subscription.billing_period),
  );
}
