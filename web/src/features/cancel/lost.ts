import type { Tier } from '../../api/shapes';

/** Names of the features that go with a tier: what it has and the free one has not. */
export function lost(tier: Tier | undefined, tiers: Tier[]): string[] {
  const free = tiers.find(({ prices, availability }) => prices.length === 0 && availability === 'open');
  const kept = new Set(free?.features.filter(({ included }) => included).map(({ key }) => key));
  return (tier?.features ?? [])
    .filter(({ key, included }) => included && !kept.has(key))
    .map(({ name }) => name);
}
