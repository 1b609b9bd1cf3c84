import { type Config, isBillingPeriod, type Overview, type Subscription, type Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';
import { MissingPayment } from './MissingPayment';
import { ResumeButton } from './ResumeButton';
import { standingOf } from './standing';

interface Props {
  subscription: Subscription;
  overview: Overview;
  tiers: Tier[];
  config: Config;
}

export function StatusBanner({ subscription, overview, tiers, config }: Props) {
  const { t, date, money } = useWords();
  const standing = standingOf(subscription);
  const nameOf = (slug: string) => tiers.find((tier) => tier.slug === slug)?.name ?? slug;
  const plan = nameOf(subscription.tier_slug);
  const card = subscription.payment_method;
  const next = subscription.next_payment;
  switch (standing.kind) {
    case 'incomplete':
      return (
        <Notice
          tone="warn"
          title={t('standing.incomplete', { tier: plan })}
          action={
            <LinkButton
              look="primary"
              to="pricing"
              search={{
                subscribe: subscription.tier_slug,
                period: isBillingPeriod(subscription.billing_period)
                  ? subscription.billing_period
                  : undefined,
              }}
            >
              {t('cta.finish')}
            </LinkButton>
          }
        >
          {t('standing.incomplete_detail')}
        </Notice>
      );
    case 'past_due':
    case 'unpaid':
      return (
        <MissingPayment
          subscription={subscription}
          overview={overview}
          config={config}
          plan={plan}
          standing={standing}
        />
      );
    case 'paused':
      return (
        <Notice
          tone="warn"
          title={t('standing.paused', { tier: plan })}
          action={<ResumeButton>{t('standing.resume')}</ResumeButton>}
        >
          {overview.tier.slug === subscription.tier_slug
            ? t('standing.paused_until', { date: date(standing.paidUntil) })
            : t('standing.paused_now', {
                amount: money(next?.amount ?? subscription.amount, subscription.currency),
              })}{' '}
          {standing.resumesAt && t('standing.paused_resumes', { date: date(standing.resumesAt) })}
        </Notice>
      );
    case 'suspended':
      return <Notice tone="warn" title={t('standing.paused', { tier: plan })} />;
    case 'ending':
      return (
        <Notice
          tone="warn"
          title={t('standing.ending', { tier: plan, date: date(standing.at) })}
          action={<ResumeButton>{t('standing.keep')}</ResumeButton>}
        >
          {t('standing.ending_detail')}
        </Notice>
      );
    case 'changing':
      return (
        <Notice
          tone="plain"
          title={
            standing.tier !== subscription.tier_slug
              ? t('standing.changing', { tier: nameOf(standing.tier), date: date(standing.at) })
              : t(`standing.period.${standing.period}`, { tier: plan, date: date(standing.at) })
          }
          action={<ResumeButton>{t('standing.keep_it')}</ResumeButton>}
        >
          {t('standing.changing_detail')}
        </Notice>
      );
    case 'trial':
      return (
        <Notice tone="good" title={t('standing.trial', { date: date(standing.until) })}>
          {card && next
            ? t('standing.trial_card', {
                amount: money(next.amount, subscription.currency),
                last4: card.last4,
              })
            : t('standing.trial_ends')}
        </Notice>
      );
    case 'fine':
      return null;
  }
}
