import type { Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { ComparisonRow } from './ComparisonRow';

/** How tiers limit AI requests, beside how many they include. What none of them limits has no row. */
export function AiLimitRows({ tiers }: { tiers: Tier[] }) {
  const { t, number } = useWords();
  const limits = tiers.map(({ ai_limits }) => ai_limits);
  const unless = (limit: number | null | undefined) =>
    limit == null ? t('pricing.unlimited') : number(limit);
  return (
    <>
      <ComparisonRow name={t('pricing.ai_largest')} tiers={tiers}>
        {({ ai_limits }) => t('pricing.ai_tokens', { count: number(ai_limits.largest_request) })}
      </ComparisonRow>
      {limits.some(({ requests_per_minute }) => requests_per_minute != null) && (
        <ComparisonRow name={t('pricing.ai_per_minute')} tiers={tiers}>
          {({ ai_limits }) => unless(ai_limits.requests_per_minute)}
        </ComparisonRow>
      )}
      {limits.some(({ concurrent }) => concurrent != null) && (
        <ComparisonRow name={t('pricing.ai_at_once')} tiers={tiers}>
          {({ ai_limits }) => unless(ai_limits.concurrent)}
        </ComparisonRow>
      )}
      {limits.some(({ models }) => models != null) && (
        <ComparisonRow name={t('pricing.ai_models')} tiers={tiers}>
          {({ ai_limits }) =>
            ai_limits.models?.map((name) => (
              <span key={name} className="block">
                {name}
              </span>
            )) ?? t('pricing.ai_all_models')
          }
        </ComparisonRow>
      )}
    </>
  );
}
