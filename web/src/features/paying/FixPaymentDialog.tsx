import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { MINE, overviewQuery } from '../../api/queries';
import type { Config, Overview, Subscription } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Attempts } from '../../lib/attempts';
import { poll } from '../../lib/poll';
import { confirmNextAction } from '../../lib/stripe';
import { useUntilLeft } from '../../lib/useUntilLeft';
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
  const queries = useQueryClient();
  const attempts = useRef(new Attempts());
  const untilLeft = useUntilLeft();
  const [locked, setLocked] = useState(false);
  const [waiting, setWaiting] = useState<'no' | 'confirming' | 'slow'>('no');
  const waitForWebhook = async () => {
    setWaiting('confirming');
    const signal = untilLeft();
    const ask = () => queries.fetchQuery({ ...overviewQuery, staleTime: 0 });
    const paid = await poll(ask, (seen) => seen?.subscription?.status === 'active', signal);
    await queries.invalidateQueries({ queryKey: [MINE] });
    if (signal.aborted) return;
    if (paid) onClose();
    else setWaiting('slow');
  };
  return (
    <Dialog open locked={locked} onClose={onClose} title={t('fix.title')} description={t('fix.description')}>
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
              waitForWebhook();
            }}
          />
        </Section>
      )}
    </Dialog>
  );
}
