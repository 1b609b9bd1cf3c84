import { isBillingPeriod, type Subscription } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Fact } from '../../ui/Fact';
import { cardName } from '../paying/cards';

/** What a plan costs, when it is paid next, and with what. */
export function PlanFacts({ subscription }: { subscription: Subscription }) {
  const { t, date, money, percent } = useWords();
  const { amount, currency, next_payment: next, cancel_at, discount, payment_method: card } = subscription;
  const period = isBillingPeriod(subscription.billing_period) ? subscription.billing_period : 'monthly';
  const off =
    discount?.percent_off != null
      ? percent(discount.percent_off / 100)
      : discount?.amount_off != null && money(discount.amount_off, currency);
  return (
    <dl className="mt-5 grid gap-2">
      <Fact name={t('plan.price')}>{t(`quote.amount.${period}`, { amount: money(amount, currency) })}</Fact>
      {discount && off && (
        <Fact name={discount.code ? t('promotion.applied', { code: discount.code }) : t('plan.discount')}>
          {discount.ends_at
            ? t('plan.discount_until', { off, date: date(discount.ends_at) })
            : t('plan.discount_forever', { off })}
        </Fact>
      )}
      {next && (
        <Fact name={t('plan.next_billing')}>{`${date(next.at)} · ${money(next.amount, currency)}`}</Fact>
      )}
      {cancel_at && <Fact name={t('plan.cancels_on')}>{date(cancel_at)}</Fact>}
      <Fact name={t('plan.payment_method')}>{card ? cardName(card) : t('plan.no_card')}</Fact>
    </dl>
  );
}
