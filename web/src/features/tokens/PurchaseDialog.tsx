import { useState } from 'react';
import type { Config, Purchase, TokenPackage } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { Dialog } from '../../ui/Dialog';
import { Section } from '../../ui/Section';
import { CardPayment } from '../paying/CardPayment';
import { CheckoutSkeleton } from '../paying/CheckoutSkeleton';
import { type Consent, ConsentBoxes } from '../paying/ConsentBoxes';
import { PurchaseProgress } from './PurchaseProgress';
import { usePurchase } from './usePurchase';

interface Props {
  pack: TokenPackage;
  config: Config;
  onClose: () => void;
}

export function PurchaseDialog({ pack, config, onClose }: Props) {
  const { t, money, number } = useWords();
  const [locked, setLocked] = useState(false);
  const [paid, setPaid] = useState<Purchase | null>(null);
  const [consent, setConsent] = useState<Consent>({ terms: false, renewal: false });
  const { buy, isUnclear } = usePurchase(pack.slug, config.consent.required ? consent : undefined);
  const [again, setAgain] = useState(isUnclear);
  const price = money(pack.amount, pack.currency);
  return (
    <Dialog
      locked={locked}
      onClose={onClose}
      title={t('purchase.title', { name: pack.name })}
      description={paid ? undefined : t('purchase.description')}
    >
      {paid ? (
        <PurchaseProgress purchase={paid} onClose={onClose} />
      ) : (
        <Section skeleton={<CheckoutSkeleton />}>
          <dl className="mb-4 grid gap-1.5 rounded-card bg-sunken px-4 py-3.5">
            <div className="flex justify-between gap-4 text-ink-2">
              <dt>{t('purchase.tokens')}</dt>
              <dd>{number(pack.tokens)}</dd>
            </div>
            <div className="mt-1 flex justify-between gap-4 border-t border-edge/50 pt-2.5 text-lg font-bold">
              <dt>{t('quote.due_today')}</dt>
              <dd>{price}</dd>
            </div>
          </dl>
          <CardPayment
            config={config}
            amount={pack.amount}
            currency={pack.currency}
            keep={false}
            again={again}
            label={t('subscribe.pay', { amount: price })}
            onBusy={setLocked}
            pay={async (stripe, method) => {
              try {
                setPaid(await buy(stripe, method));
              } finally {
                setAgain(isUnclear());
              }
            }}
            disabled={config.consent.required && !again && !consent.terms}
          >
            {config.consent.required && <ConsentBoxes renews={false} value={consent} onChange={setConsent} />}
          </CardPayment>
        </Section>
      )}
    </Dialog>
  );
}
