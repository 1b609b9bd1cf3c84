import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '../../api/problem';
import { MINE, overviewQuery } from '../../api/queries';
import type { BillingPeriod, Config, Overview, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { poll } from '../../lib/poll';
import { useUntilLeft } from '../../lib/useUntilLeft';
import { Notice } from '../../ui/Notice';
import { type Consent, ConsentBoxes } from '../paying/ConsentBoxes';
import { PaymentForm } from '../paying/PaymentForm';
import { QuoteSummary } from '../paying/QuoteSummary';
import { savedCards } from '../paying/savedCards';
import { PromotionCode } from './PromotionCode';
import { SubscribeWaiting } from './SubscribeWaiting';
import { subscribePreviewQuery } from './subscribeCalls';
import { useSubscribe } from './useSubscribe';

interface Props {
  tier: Tier;
  period: BillingPeriod;
  overview: Overview;
  config: Config;
  withTrial: boolean;
  onTrialUsed: () => void;
  onBusy: (busy: boolean) => void;
}

export function SubscribeFlow({ tier, period, overview, config, withTrial, onTrialUsed, onBusy }: Props) {
  const { t, money, date } = useWords();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const subscribe = useSubscribe();
  const untilLeft = useUntilLeft();
  const [code, setCode] = useState<string>();
  const [consent, setConsent] = useState<Consent>({ terms: false, renewal: false });
  const [trialUsed, setTrialUsed] = useState(false);
  const [waiting, setWaiting] = useState<'no' | 'confirming' | 'slow'>('no');

  const order = { tier_slug: tier.slug, billing_period: period, trial: withTrial, promotion_code: code };
  const { data: quote } = useSuspenseQuery(subscribePreviewQuery(order));
  const isTrial = quote.kind === 'trial';
  const due = money(quote.due_today, quote.currency);

  const waitForWebhook = async () => {
    setWaiting('confirming');
    const ask = () => queries.fetchQuery({ ...overviewQuery, staleTime: 0 });
    const isThere = (seen: Overview | null) =>
      seen?.subscription?.tier_slug === tier.slug &&
      ['trialing', 'active'].includes(seen.subscription.status);
    const signal = untilLeft();
    const there = await poll(ask, isThere, signal);
    if (signal.aborted) return;
    await queries.invalidateQueries({ queryKey: [MINE] });
    if (there) await navigate({ to: '/account/billing', search: { started: true } });
    else setWaiting('slow');
  };

  if (waiting !== 'no') return <SubscribeWaiting slow={waiting === 'slow'} />;
  return (
    <>
      {isTrial && (
        <p className="-mt-4 mb-4 text-ink-2">
          {t('subscribe.no_charge_until', { date: date(quote.then.from) })}
        </p>
      )}
      {trialUsed && (
        <div className="mb-4">
          <Notice alert tone="warn" title={t('subscribe.trial_used')}>
            {t('subscribe.trial_used_detail', { amount: due })}
          </Notice>
        </div>
      )}
      <QuoteSummary quote={quote} />
      <PromotionCode order={order} onChange={setCode} />
      <PaymentForm
        config={config}
        amount={quote.due_today}
        currency={quote.currency}
        keep
        saved={savedCards(overview)}
        label={isTrial ? t('subscribe.start_trial') : t('subscribe.pay', { amount: due })}
        onBusy={onBusy}
        pay={async (stripe, method) => {
          try {
            await subscribe(stripe, config.consent.required ? { ...order, consent } : order, method);
          } catch (error) {
            const preview = error instanceof Problem && error.code === 'trial_used' && error.document.preview;
            if (!preview) throw error;
            // Asked again, with what it costs: nobody is charged for what they took for a trial.
            queries.setQueryData(subscribePreviewQuery({ ...order, trial: false }).queryKey, preview);
            setTrialUsed(true);
            onTrialUsed();
            return;
          }
          waitForWebhook();
        }}
        disabled={config.consent.required && !(consent.terms && consent.renewal)}
      >
        {config.consent.required && <ConsentBoxes renews value={consent} onChange={setConsent} />}
      </PaymentForm>
    </>
  );
}
