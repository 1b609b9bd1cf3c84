import { lazy, Suspense, useState } from 'react';
import { type Config, isBillingPeriod, type Overview, type Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Badge } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { LinkButton } from '../../ui/LinkButton';
import { Rosette } from '../../ui/Rosette';
import { CancelDialog } from '../cancel/CancelDialog';
import { cardName } from '../paying/cards';
import { standingOf, statusWord } from './standing';

const UpdateCardDialog = lazy(async () => ({
  default: (await import('../payment_methods/UpdateCardDialog')).UpdateCardDialog,
}));

interface Props {
  overview: Overview;
  tiers: Tier[];
  config: Config;
}

export function PlanCard({ overview, tiers, config }: Props) {
  const { t, date, money } = useWords();
  const [canceling, setCanceling] = useState(false);
  const [updating, setUpdating] = useState(false);
  const { subscription } = overview;
  const slug = subscription?.tier_slug ?? overview.tier.slug;
  const rank = tiers.findIndex((tier) => tier.slug === slug);
  const name = tiers[rank]?.name ?? overview.tier.name;
  const word = subscription && statusWord(subscription.status);
  const period = subscription && isBillingPeriod(subscription.billing_period) && subscription.billing_period;
  const standing = subscription ? standingOf(subscription).kind : 'fine';
  return (
    <Card aria-labelledby="plan" className="flex flex-col">
      <Rosette petals={6 + Math.max(0, rank) * 4} />
      <p className="text-ink-2">{t('plan.current')}</p>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 id="plan" className="text-2xl leading-8 font-bold tracking-tight">
          {name}
        </h2>
        {word && <Badge tone={word.tone}>{t(word.key)}</Badge>}
      </div>
      <dl className="mt-5 grid gap-2">
        {subscription && period && (
          <Fact name={t('plan.price')}>
            {t(`quote.amount.${period}`, { amount: money(subscription.amount, subscription.currency) })}
          </Fact>
        )}
        {subscription?.next_payment && (
          <Fact name={t('plan.next_billing')}>
            {t('plan.amount_on', {
              amount: money(subscription.next_payment.amount, subscription.currency),
              date: date(subscription.next_payment.at),
            })}
          </Fact>
        )}
        {subscription?.cancel_at && <Fact name={t('plan.cancels_on')}>{date(subscription.cancel_at)}</Fact>}
        {subscription && (
          <Fact name={t('plan.payment_method')}>
            {subscription.payment_method ? cardName(subscription.payment_method) : t('plan.no_card')}
          </Fact>
        )}
      </dl>
      {!subscription && <p className="text-ink-2">{t('plan.free_detail')}</p>}
      <div className="mt-auto grid gap-3 pt-6 sm:flex sm:flex-wrap">
        <LinkButton to="pricing" look={subscription ? 'secondary' : 'primary'}>
          {t('plan.see_plans')}
        </LinkButton>
        {subscription && standing !== 'incomplete' && (
          <Button look="quiet" onClick={() => setUpdating(true)}>
            {t('card.update')}
          </Button>
        )}
        {subscription && standing !== 'ending' && (
          <Button look="quiet" onClick={() => setCanceling(true)}>
            {t('plan.cancel')}
          </Button>
        )}
      </div>
      <Suspense fallback={null}>
        {updating && subscription && (
          <UpdateCardDialog subscription={subscription} config={config} onClose={() => setUpdating(false)} />
        )}
      </Suspense>
      {canceling && subscription && (
        <CancelDialog subscription={subscription} tiers={tiers} onClose={() => setCanceling(false)} />
      )}
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: string }) {
  return (
    <div className="flex flex-wrap justify-between gap-x-4">
      <dt className="text-ink-2">{name}</dt>
      <dd className="ml-auto text-right font-medium">{children}</dd>
    </div>
  );
}
