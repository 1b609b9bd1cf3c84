import { useId } from 'react';
import type { Config, Overview, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Badge } from '../../ui/Badge';
import { Card } from '../../ui/Card';
import { Rosette } from '../../ui/Rosette';
import { PlanActions } from './PlanActions';
import { PlanFacts } from './PlanFacts';
import { statusWord } from './standing';

interface Props {
  overview: Overview;
  tiers: Tier[];
  config: Config;
}

export function PlanCard({ overview, tiers, config }: Props) {
  const { t, date } = useWords();
  const id = useId();
  const { subscription, assigned_tier: given } = overview;
  const nameOf = (slug: string) => tiers.find((tier) => tier.slug === slug)?.name ?? overview.tier.name;
  const slug = subscription?.tier_slug ?? overview.tier.slug;
  const rank = tiers.findIndex((tier) => tier.slug === slug);
  const word = subscription && statusWord(subscription);
  return (
    <Card aria-labelledby={id} className="flex flex-col">
      <Rosette petals={6 + Math.max(0, rank) * 4} />
      <p className="text-ink-2">{t('plan.current')}</p>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 id={id} className="text-2xl leading-8 font-bold tracking-tight">
          {nameOf(slug)}
        </h2>
        {word && <Badge tone={word.tone}>{t(word.key)}</Badge>}
      </div>
      {subscription && <PlanFacts subscription={subscription} />}
      {given ? (
        <p className="mt-3 text-ink-2">
          {given.until
            ? t('plan.given_until', { tier: nameOf(given.tier_slug), date: date(given.until) })
            : t('plan.given', { tier: nameOf(given.tier_slug) })}
        </p>
      ) : (
        !subscription && <p className="mt-3 text-ink-2">{t('plan.free_detail')}</p>
      )}
      <PlanActions overview={overview} tiers={tiers} config={config} plan={nameOf(slug)} />
    </Card>
  );
}
