import {
  type BillingPeriod,
  type Config,
  isBillingPeriod,
  type Tier,
  type TierPrice,
} from '../../api/shapes';

export function priceOf(tier: Tier | undefined, period: BillingPeriod): TierPrice | undefined {
  return tier?.prices.find((price) => price.billing_period === period);
}

/** The period that is shown first. */
export const primaryPeriod = ({ primary_period }: Config): BillingPeriod =>
  isBillingPeriod(primary_period) ? primary_period : 'quarterly';

/** What a period saves beside paying monthly, as a share: the least of all tiers, so that no tier is promised more. */
export function saving(tiers: Tier[], period: BillingPeriod): number {
  const shares = tiers.flatMap((tier) => {
    const [monthly, price] = [priceOf(tier, 'monthly'), priceOf(tier, period)];
    return monthly && price && monthly.per_month > 0 ? [1 - price.per_month / monthly.per_month] : [];
  });
  const least = Math.min(...shares);
  // Rounded down: 21.25 % is shown as 21 %.
  return Number.isFinite(least) ? Math.max(0, Math.floor(least * 100 + 1e-9) / 100) : 0;
}
