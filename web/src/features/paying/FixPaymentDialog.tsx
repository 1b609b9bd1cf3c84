import { useRef, useState } from 'react';
import { paywall } from '../../api/paywall';
import type { Config, Overview, Subscription } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Attempts } from '../../lib/attempts';
import { usePlaces } from '../../lib/places';
import { confirmNextAction } from '../../lib/stripe';
import { useArrival } from '../../lib/useArrival';
import { Dialog } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { Waiting } from '../../ui/Waiting';
import { postPay } from '../subscribe/subscribeCalls';
import { CheckoutSkeleton } from './CheckoutSkeleton';
import { PaymentForm } from './PaymentForm';
import { savedCards } from './savedCards';

interface Props {
  subscription: Subscription;
  overview: Overview;
  config: Config;
  onClose: () => void;
}

/** Pays what a subscription owes, in place: with the card that failed once more, or with another. */
export function FixPaymentDialog({ subscription, overview, config, onClose }: Props) {
  const { t } = useWords();
  const attempts = useRef(new Attempts<{ payment_method_id: string }>());
  const { go } = usePlaces();
  const [locked, setLocked] = useState(false);
  const { waiting, wait } = useArrival(
    ({ status }) => status === 'active',
    () => {
      onClose();
      const back = paywall.resume();
      if (back) go(back);
    },
  );

  return (
    <Dialog locked={locked} onClose={onClose} title={t('fix.title')} description={t('fix.description')}>
      {waiting === 'confirming' && <Waiting>{t('fix.confirming')}</Waiting>}
      {waiting === 'slow' && (
        <Notice alert tone="warn" title={t('subscribe.slow')}>
          {t('subscribe.slow_detail')}
        </Notice>
      )}
      {waiting === 'no' && (
        <Section skeleton={<CheckoutSkeleton />}>
          <PaymentForm
            config={config}
            amount={subscription.amount}
            currency={subscription.currency}
            keep
            saved={savedCards(overview)}
            label={t('fix.pay')}
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
