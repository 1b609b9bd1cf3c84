import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Problem } from '../../api/problem';
import type { BillingPeriod, Config, Tier } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Attempts } from '../../lib/attempts';
import { confirmNextAction, stripeQuery } from '../../lib/stripe';
import { useArrival } from '../../lib/useArrival';
import { Button } from '../../ui/Button';
import { Checkbox } from '../../ui/Checkbox';
import { Notice } from '../../ui/Notice';
import { Waiting } from '../../ui/Waiting';
import { PaymentFailure } from '../paying/PaymentFailure';
import { PromotionCode } from '../paying/PromotionCode';
import { QuoteSummary } from '../paying/QuoteSummary';
import { useGoOn } from '../paywall/useGoOn';
import { changePreviewQuery, type Plan, postUpdate } from './changeCalls';
import { GainsAndLosses } from './GainsAndLosses';

interface Props {
  tier: Tier;
  period: BillingPeriod;
  config: Config;
  onBusy: (busy: boolean) => void;
  /** When it is there. */
  onDone: () => void;
}

/** What changes, what it costs, and a yes. What is charged is the amount that stands here, or nothing. */
export function ChangePlanFlow({ tier, period, config, onBusy, onDone }: Props) {
  const { t, money, date } = useWords();
  const queries = useQueryClient();
  const [attempts] = useState(() => new Attempts<Plan & { quote_id: string }>());
  const [again, setAgain] = useState(false);
  const notice = useRef<HTMLDivElement>(null);
  const goOn = useGoOn();
  const [code, setCode] = useState<string>();
  const [agreed, setAgreed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    if (failure) notice.current?.focus();
  }, [failure]);

  const plan = { tier_slug: tier.slug, billing_period: period, promotion_code: code };
  const { data: quote } = useSuspenseQuery(changePreviewQuery(plan));
  const due = money(quote.due_today, quote.currency);
  const isLater = quote.scheduled;

  const lock = (on: boolean) => {
    setBusy(on);
    onBusy(on);
  };

  const { waiting, wait } = useArrival(
    (live) => {
      const to = isLater ? live.scheduled_change : live;
      return to?.tier_slug === tier.slug && to.billing_period === period;
    },
    (isLeft) => {
      if (!isLater) goOn(onDone, isLeft);
      else if (!isLeft) onDone();
    },
  );

  const change = async () => {
    if (busy) return;
    lock(true);
    setFailure(null);
    try {
      const { confirm } = await attempts.send(
        async () => ({ ...plan, quote_id: quote.quote_id }),
        postUpdate,
      );
      if (confirm) await confirmNextAction(await queries.ensureQueryData(stripeQuery(config)), confirm);
      wait();
    } catch (error) {
      const renewed = error instanceof Problem && error.code === 'quote_expired' && error.document.quote;
      if (renewed) {
        // Shown, and agreed to, anew.
        queries.setQueryData(changePreviewQuery(plan).queryKey, renewed);
        setAgreed(false);
      }
      setFailure(error);
    } finally {
      setAgain(attempts.unclear !== undefined);
      lock(false);
    }
  };

  if (waiting === 'confirming') return <Waiting>{t('change_plan.confirming')}</Waiting>;
  if (waiting === 'slow') {
    return (
      <Notice alert tone="warn" title={t('subscribe.slow')}>
        {t('change_plan.slow_detail')}
      </Notice>
    );
  }
  return (
    <>
      <p className="-mt-4 mb-4 text-ink-2">
        {isLater ? t('change_plan.later', { date: date(quote.effective_at) }) : t('change_plan.now')}
      </p>
      <QuoteSummary quote={quote} />
      <fieldset disabled={busy || again} className="contents">
        <PromotionCode
          code={code}
          tryOut={(promotion_code) => queries.fetchQuery(changePreviewQuery({ ...plan, promotion_code }))}
          onChange={(changed) => {
            // Another amount is agreed to anew.
            setCode(changed);
            setAgreed(false);
          }}
        />
      </fieldset>
      <GainsAndLosses quote={quote} />
      {quote.due_today > 0 && (
        <Checkbox checked={agreed} disabled={busy || again} onChange={setAgreed}>
          {t('change_plan.agree', { amount: due })}
        </Checkbox>
      )}
      {failure !== null && (
        <div className="mt-4">
          <PaymentFailure ref={notice} failure={failure} />
        </div>
      )}
      <div className="mt-4">
        <Button look="primary" wide busy={busy} disabled={quote.due_today > 0 && !agreed} onClick={change}>
          {busy
            ? t('paying.busy')
            : again
              ? t('error.retry')
              : isLater
                ? t('change_plan.submit_later', { date: date(quote.effective_at) })
                : t('change_plan.submit', { amount: due })}
        </Button>
      </div>
    </>
  );
}
