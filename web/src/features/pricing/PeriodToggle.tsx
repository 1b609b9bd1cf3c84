import { BILLING_PERIODS, type BillingPeriod, type Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Segmented } from '../../ui/Segmented';
import { priceOf, saving } from './priceOf';

interface Props {
  tiers: Tier[];
  /** The period that is shown first. */
  primary: BillingPeriod;
  value: BillingPeriod;
  onChange: (period: BillingPeriod) => void;
}

export function PeriodToggle({ tiers, primary, value, onChange }: Props) {
  const { t, percent } = useWords();
  const sold = BILLING_PERIODS.filter((period) => tiers.some((tier) => priceOf(tier, period)));
  const ordered = [primary, ...sold.filter((period) => period !== primary)].filter((period) =>
    sold.includes(period),
  );
  const options = ordered.map((period) => {
    const saved = saving(tiers, period);
    return {
      value: period,
      label: (
        <>
          {t(`period.${period}`)}
          {saved > 0 && <span className="ml-1.5 font-semibold text-engraver">{percent(-saved)}</span>}
        </>
      ),
    };
  });
  return <Segmented label={t('pricing.period')} value={value} options={options} onChange={onChange} />;
}
