import { useRef, useState } from 'react';
import type { Config, Overview, Subscription } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Attempts } from '../../lib/attempts';
import { confirmNextAction } from '../../lib/stripe';
import { useArrival } from '../../lib/useArrival';
import { Dialog } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { Waiting } from '../../ui/Waiting';
import { useGoOn } from '../paywall/useGoOn';
import { postPay } from '../subscribe/subscribeCalls';
import { CheckoutSkeleton } from './CheckoutSkeleton';
import type { OpenPayment } from './openPayment';
import { PaymentForm } from './PaymentForm';
import { savedCards } from './savedCards';

interface Props {
  subscription: Subscription;
  overview: Overview;
  config: Config;
  /** What is owed, where that is known. */
  due: OpenPayment | null;
  onClose: () => void;
}

/** Pays what a subscription owes, in place: with the card that failed once more, or with another. */
export function FixPaymentDialog({ subscription, overview, config, due, onClose }: Props) {
  const { t, money } = useWords();
  const attempts = useRef(new Attempts<{ payment_method_id: string }>());
  const goOn = useGoOn();
  const [locked, setLocked] = useState(false);
  const { waiting, wait } = useArrival(
    ({ status }) => status === 'active',
    (isLeft) => {
      if (!isLeft) onClose();
      goOn(() => {}, isLeft);
    },
  );
  const kind = due?.needsConfirmation ? 'confirm' : 'pay';
  return (
    <Dialog
      locked={locked}
      onClose={onClose}
      title={t(kind === 'confirm' ? 'fix.confirm_title' : 'fix.title')}
      description={t(kind === 'confirm' ? 'fix.confirm_description' : 'fix.description')}
    >
      {waiting === 'confirming' && <Waiting>{t('fix.confirming')}</Waiting>}
      {waiting === 'slow' && (
        <Notice alert tone="warn" title={t('subscribe.slow')}>
          {t('subscribe.slow_detail')}
        </Notice>
      )}
      {waiting === 'no' && (
        <Section skeleton={<CheckoutSkeleton />}>
          {due && (
            <dl className="mb-4 flex justify-between gap-4 rounded-card bg-sunken px-4 py-3.5 text-lg font-bold">
              <dt>{t('fix.due')}</dt>
              <dd>{money(due.amount, due.currency)}</dd>
            </dl>
          )}
          <PaymentForm
            config={config}
            amount={due?.amount ?? subscription.amount}
            currency={subscription.currency}
            keep
            saved={savedCards(overview)}
            label={t(kind === 'confirm' ? 'standing.confirm_payment' : 'fix.pay')}
            onBusy={setLocked}
            pay={async (stripe, method) => {
              const { confirm } = await attempts.current.send(
                async () => ({ payment_method_id: await method() }),
                postPay,
              );
              if (confirm) await confirmNextAction(stripe, confirm);
              wait();
            }}
          />
        </Section>
      )}
    </Dialog>
  );
}
