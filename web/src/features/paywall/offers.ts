import type { ProblemDocument } from '../../api/problem';
import type { Config, Overview, Tier } from '../../api/shapes';

/** What helps this member now. */
export interface Offers {
  /** A payment is missing: paying it gives back what the plan has. */
  fixPayment: boolean;
  tokens: boolean;
  /** The tier that has more requests. */
  upgrade?: Tier;
}

/** `upgrade_to` is the server's word: it knows the tiers that are for sale to this member. */
export function offers(
  problem: Pick<ProblemDocument, never> & { upgrade_to?: string | null },
  overview: Overview | null,
  tiers: Tier[],
  config: Pick<Config, 'sales_paused'>,
): Offers {
  const status = overview?.subscription?.status;
  const isOwing = status === 'past_due' || status === 'unpaid' || status === 'incomplete';
  if (config.sales_paused) return { fixPayment: isOwing, tokens: false };
  const upgrade = tiers.find(({ slug }) => slug === problem.upgrade_to);
  return { fixPayment: isOwing, tokens: true, upgrade: isOwing ? undefined : upgrade };
}
