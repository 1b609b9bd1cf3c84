import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { MINE } from '../../api/queries';
import type { Config } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Attempts } from '../../lib/attempts';
import { confirmNextAction } from '../../lib/stripe';
import { useArrival } from '../../lib/useArrival';
import { Button } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { Waiting } from '../../ui/Waiting';
import { useGoOn } from '../paywall/useGoOn';
import { postPay } from '../subscribe/subscribeCalls';
import { CardPayment } from './CardPayment';
import { CheckoutSkeleton } from './CheckoutSkeleton';
import { type OpenPayment, openPaymentQuery, useOpenPayment } from './openPayment';

interface Props {
  config: Config;
  /** The card that is to pay, or null for another; without it the one that pays anyway. */
  card?: string | null;
  onClose: () => void;
}

/** Pays what a subscription owes, in place: with the card that failed once more, or with another. */
export function FixPaymentDialog({ config, card, onClose }: Props) {
  const { t } = useWords();
  const goOn = useGoOn();
  const [locked, setLocked] = useState(false);
  const { waiting, wait } = useArrival(
    ({ status }) => status === 'active',
    (isLeft) => {
      if (!isLeft) onClose();
      goOn(() => {}, isLeft);
    },
  );
  const kind = useOpenPayment()?.needsConfirmation ? 'confirm' : 'pay';
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
          <Due config={config} card={card} onBusy={setLocked} onPaid={wait} onClose={onClose} />
        </Section>
      )}
    </Dialog>
  );
}

interface DueProps extends Props {
  onBusy: (busy: boolean) => void;
  onPaid: () => void;
}

/** Nobody pays without an amount: it is waited for, and where it cannot be told there is no button. */
function Due({ config, card, onBusy, onPaid, onClose }: DueProps) {
  const { t, money } = useWords();
  const queries = useQueryClient();
  const attempts = useRef(new Attempts<{ payment_method_id: string }>());
  const { data } = useSuspenseQuery(openPaymentQuery);
  // While it is paid it stays what was agreed to.
  const [agreed, setAgreed] = useState<OpenPayment | null>(null);
  const due = agreed ?? data;
  if (!due) {
    const leave = async () => {
      await queries.invalidateQueries({ queryKey: [MINE] });
      onClose();
    };
    return (
      <Notice
        tone="plain"
        title={t('fix.nothing')}
        action={<Button onClick={leave}>{t('fix.look')}</Button>}
      />
    );
  }
  const amount = money(due.amount, due.currency);
  return (
    <>
      <dl className="mb-4 flex justify-between gap-4 rounded-card bg-sunken px-4 py-3.5 text-lg font-bold">
        <dt>{t('fix.due')}</dt>
        <dd>{amount}</dd>
      </dl>
      <CardPayment
        config={config}
        amount={due.amount}
        currency={due.currency}
        keep
        first={card}
        label={due.needsConfirmation ? t('standing.confirm_payment') : t('subscribe.pay', { amount })}
        onBusy={(busy) => {
          setAgreed(busy ? due : null);
          onBusy(busy);
        }}
        pay={async (stripe, method) => {
          const { confirm } = await attempts.current.send(
            async () => ({ payment_method_id: await method() }),
            postPay,
          );
          if (confirm) await confirmNextAction(stripe, confirm);
          onPaid();
        }}
      />
    </>
  );
}
