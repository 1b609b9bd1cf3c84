import type { Stripe } from '@stripe/stripe-js';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { MINE } from '../../api/queries';
import type { Config } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Attempts } from '../../lib/attempts';
import { confirmNextAction } from '../../lib/stripe';
import { Dialog } from '../../ui/Dialog';
import { Section } from '../../ui/Section';
import { CheckoutSkeleton } from '../paying/CheckoutSkeleton';
import { PaymentForm } from '../paying/PaymentForm';
import { type CardChange, postDefault, postSetUp } from './cardCalls';
import { useOwing } from './useOwing';

interface Props {
  config: Config;
  currency: string;
  /** The card whose place it takes. */
  replaces?: string;
  /** Whether it pays from now on, or is only kept. */
  pays: boolean;
  onClose: () => void;
  /** It is kept, and would pay at once what has come open meanwhile: that is asked first. */
  onOwing: (card: string) => void;
}

/** Another card: in the place of the one that pays, or beside it. */
export function CardDialog({ config, currency, replaces, pays, onClose, onOwing }: Props) {
  const { t } = useWords();
  const queries = useQueryClient();
  const setUps = useRef(new Attempts<{ payment_method_id: string }>());
  const changes = useRef(new Attempts<CardChange>());
  const owingNow = useOwing();
  const [locked, setLocked] = useState(false);

  const setUp = async (stripe: Stripe, method: () => Promise<string>) => {
    const { id, confirm } = await setUps.current.send(
      async () => ({ payment_method_id: await method() }),
      async (body, key) => ({ id: body.payment_method_id, ...(await postSetUp(body, key)) }),
    );
    if (confirm) await confirmNextAction(stripe, confirm);
    return id;
  };

  const letItPay = async (stripe: Stripe, change: CardChange) => {
    const { confirm } = await changes.current.send(async () => change, postDefault);
    if (confirm) await confirmNextAction(stripe, confirm);
  };

  return (
    <Dialog
      locked={locked}
      onClose={onClose}
      title={t(replaces ? 'card.title' : 'card.add')}
      description={t(pays ? 'card.description' : 'card.description_kept')}
    >
      <Section skeleton={<CheckoutSkeleton />}>
        <PaymentForm
          config={config}
          amount={0}
          currency={currency}
          keep
          saved={[]}
          label={t('card.save')}
          onBusy={setLocked}
          pay={async (stripe, method) => {
            const change = changes.current.unclear ?? { id: await setUp(stripe, method), replaces };
            // An attempt of which it is not known what became is only asked about.
            const owing = pays && !changes.current.unclear ? await owingNow() : null;
            if (pays && !owing) await letItPay(stripe, change);
            await queries.invalidateQueries({ queryKey: [MINE] });
            if (owing === 'renewal') onOwing(change.id);
            else onClose();
          }}
        />
      </Section>
    </Dialog>
  );
}
