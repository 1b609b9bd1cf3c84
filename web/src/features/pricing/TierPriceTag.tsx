import type { BillingPeriod, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Badge } from '../../ui/Badge';
import { priceOf } from './priceOf';

interface Props {
  tier: Tier;
  period: BillingPeriod;
  /** The catalog's, for what costs nothing. */
  currency: string;
  /** That this reader has before they pay; 0 without a trial. */
  freeDays: number;
}

/** The price a month, large, and under it what is really billed. The same height for every tier. */
export function TierPriceTag({ tier, period, currency, freeDays }: Props) {
  const { t, plural, money } = useWords();
  const price = priceOf(tier, period);
  const [large, unit, below] = price
    ? [
        money(price.per_month, price.currency),
        t('pricing.per_month'),
        t(`pricing.billed.${period}`, { amount: money(price.amount, price.currency) }),
      ]
    : tier.availability === 'invitation'
      ? [t('pricing.invite'), '', t('pricing.invite_below')]
      : [money(0, currency), '', t('pricing.free_below')];
  return (
    <div className="mt-4">
      <div className="flex flex-wrap items-center justify-between gap-x-2">
        <p className="text-[34px] leading-10 font-bold tracking-tight">
          {large}
          {unit && <span className="ml-1.5 text-body font-normal tracking-normal text-ink-2">{unit}</span>}
        </p>
        {freeDays > 0 && <Badge tone="good">{plural('pricing.trial', freeDays)}</Badge>}
      </div>
      <p className="text-ink-2">{below}</p>
    </div>
  );
}
