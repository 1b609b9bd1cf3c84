import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '../../api/problem';
import type { BillingPeriod, Config, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { usePlaces } from '../../lib/places';
import { useArrival } from '../../lib/useArrival';
import { Notice } from '../../ui/Notice';
import { CardPayment } from '../paying/CardPayment';
import { type Consent, ConsentBoxes } from '../paying/ConsentBoxes';
import { PromotionCode } from '../paying/PromotionCode';
import { QuoteSummary } from '../paying/QuoteSummary';
import { useGoOn } from '../paywall/useGoOn';
import { SubscribeWaiting } from './SubscribeWaiting';
import { subscribePreviewQuery } from './subscribeCalls';
import { useSubscribe } from './useSubscribe';

interface Props {
  tier: Tier;
  period: BillingPeriod;
  config: Config;
  withTrial: boolean;
  onTrialUsed: () => void;
  onBusy: (busy: boolean) => void;
  onDone?: () => void;
}

export function SubscribeFlow({ tier, period, config, withTrial, onTrialUsed, onBusy, onDone }: Props) {
  const { t, money, date } = useWords();
  const queries = useQueryClient();
  const { hrefOf, go } = usePlaces();
  const goOn = useGoOn();
  const { subscribe, unclear } = useSubscribe(`${tier.slug} ${period}`);
  // What it is not known of is asked for again, as it was.
  const [kept, setKept] = useState(unclear);
  const [code, setCode] = useState(kept?.promotion_code);
  const [consent, setConsent] = useState<Consent>({ terms: false, renewal: false });
  const [trialUsed, setTrialUsed] = useState(false);
  const [busy, setBusy] = useState(false);

  const order = {
    tier_slug: tier.slug,
    billing_period: period,
    trial: kept?.trial ?? withTrial,
    promotion_code: code,
  };
  const { data: quote } = useSuspenseQuery(subscribePreviewQuery(order));
  const isTrial = quote.kind === 'trial';
  const due = money(quote.due_today, quote.currency);

  const { waiting, wait } = useArrival(
    ({ tier_slug, status }) => tier_slug === tier.slug && ['trialing', 'active'].includes(status),
    (isLeft) => goOn(onDone ?? (() => go(hrefOf('billing', { started: 'true' }))), isLeft),
  );

  if (waiting !== 'no') return <SubscribeWaiting isTrial={isTrial} slow={waiting === 'slow'} />;
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
      <fieldset disabled={busy || !!kept} className="contents">
        <PromotionCode
          code={code}
          tryOut={(promotion_code) => queries.fetchQuery(subscribePreviewQuery({ ...order, promotion_code }))}
          onChange={setCode}
        />
      </fieldset>
      <CardPayment
        config={config}
        amount={quote.due_today}
        currency={quote.currency}
        keep
        again={!!kept}
        label={isTrial ? t('subscribe.start_trial') : t('subscribe.pay', { amount: due })}
        onBusy={(on) => {
          setBusy(on);
          onBusy(on);
        }}
        pay={async (stripe, method) => {
          try {
            const asked = config.consent.required ? { ...order, consent } : order;
            await subscribe(stripe, { order: asked, due: quote.due_today }, method);
          } catch (error) {
            const preview = error instanceof Problem && error.code === 'trial_used' && error.document.preview;
            if (!preview) throw error;
            // Asked again, with what it costs: nobody is charged for what they took for a trial.
            queries.setQueryData(subscribePreviewQuery({ ...order, trial: false }).queryKey, preview);
            setTrialUsed(true);
            onTrialUsed();
            return;
          } finally {
            setKept(unclear());
          }
          wait();
        }}
        disabled={config.consent.required && !kept && !(consent.terms && consent.renewal)}
      >
        {config.consent.required && <ConsentBoxes renews value={consent} onChange={setConsent} />}
      </CardPayment>
    </>
  );
}
