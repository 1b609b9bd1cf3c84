import { Elements, PaymentElement, useElements, useStripe } from '@stripe/react-stripe-js';
import type { Stripe, StripeElementsOptions } from '@stripe/stripe-js';
import { useSuspenseQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Problem } from '../../api/problem';
import type { Config } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { lookOf } from '../../lib/appearance';
import { useHost } from '../../lib/host';
import { CardRefused, refusal, stripeQuery } from '../../lib/stripe';
import { useTheme } from '../../lib/theme';
import { Button } from '../../ui/Button';
import { Skeleton } from '../../ui/Skeleton';
import { CardChoice } from './CardChoice';
import type { SavedCard } from './cards';
import { PaymentFailure } from './PaymentFailure';

interface Props {
  config: Config;
  /** Minor units that are due now; 0 sets a card up for later. */
  amount: number;
  currency: string;
  /** Keep the card for later payments. */
  keep: boolean;
  saved: SavedCard[];
  /** The one of them that is chosen at first, or null for another card; without it the first. */
  first?: string | null;
  /** What the button says. */
  label: string;
  disabled?: boolean;
  /** An earlier attempt is unclear: the very same is asked for again, with the card that it had. */
  again?: boolean;
  /** Told when the form must not be left. */
  onBusy: (busy: boolean) => void;
  /** `method` makes the card when it is asked for: an unclear attempt is repeated with the card that it had. */
  pay: (stripe: Stripe, method: () => Promise<string>) => Promise<void>;
  /** Above the button. */
  children?: ReactNode;
}

/** Takes a card, or one that is saved, and pays. Opening it makes nothing at Stripe. */
export function PaymentForm(props: Props) {
  const { amount, currency, config, keep } = props;
  const { locale } = useWords();
  const theme = useTheme();
  const host = useHost();
  const { data: stripe } = useSuspenseQuery(stripeQuery(config));
  const [turn, setTurn] = useState(0);
  const options = useMemo((): StripeElementsOptions => {
    const common = {
      currency,
      paymentMethodCreation: 'manual' as const,
      paymentMethodTypes: ['card'],
      ...lookOf(host?.layer ?? document.documentElement, theme),
      locale,
    };
    if (amount === 0) return { ...common, mode: 'setup' };
    return { ...common, mode: 'payment', amount, setupFutureUsage: keep ? 'off_session' : null };
  }, [amount, currency, keep, locale, theme, host]);
  return (
    <Elements key={turn} stripe={stripe} options={options}>
      <Form {...props} onReload={() => setTurn(turn + 1)} />
    </Elements>
  );
}

interface FormProps extends Props {
  /** Begins anew with another card form. */
  onReload: () => void;
}

function Form({
  saved,
  first = saved[0]?.id ?? null,
  label,
  disabled,
  again = false,
  onBusy,
  pay,
  children,
  onReload,
}: FormProps) {
  const { t } = useWords();
  const stripe = useStripe();
  const elements = useElements();
  const [card, setCard] = useState(saved.some(({ id }) => id === first) ? first : null);
  const [ready, setReady] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(again ? STILL_UNCLEAR : null);
  const notice = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (failure) notice.current?.focus();
  }, [failure]);

  const lock = (on: boolean) => {
    setBusy(on);
    onBusy(on);
  };

  const submit = async () => {
    if (busy || disabled || !stripe || !elements) return;
    lock(true);
    setFailure(null);
    try {
      if (!card && !again) {
        // What is missing is said beside the fields.
        const { error } = await elements.submit();
        if (error) {
          if (error.type !== 'validation_error') setFailure(refusal(error));
          return;
        }
      }
      await pay(stripe, async () => {
        if (card) return card;
        const { paymentMethod, error } = await stripe.createPaymentMethod({ elements });
        if (error) throw refusal(error);
        return paymentMethod.id;
      });
    } catch (error) {
      setFailure(error);
    } finally {
      lock(false);
    }
  };

  const isNotLoaded = failure instanceof CardRefused && failure.code === NOT_LOADED;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {saved.length > 0 && (
        <CardChoice saved={saved} value={card} disabled={busy || again} onChange={setCard} />
      )}
      {!card && !again && !isNotLoaded && (
        <div className="relative min-h-[232px]">
          {!ready && failure === null && <CardFormSkeleton />}
          <PaymentElement
            options={{ layout: 'tabs', wallets: { link: 'never' }, readOnly: busy }}
            onReady={() => setReady(true)}
            onLoadError={() => setFailure(new CardRefused(NOT_LOADED))}
          />
        </div>
      )}
      {children}
      {failure !== null && (
        <div className="mt-4">
          <PaymentFailure
            ref={notice}
            failure={failure}
            action={isNotLoaded && <Button onClick={onReload}>{t('error.retry')}</Button>}
          />
        </div>
      )}
      <div className="mt-4">
        <Button
          type="submit"
          look="primary"
          wide
          busy={busy}
          disabled={disabled || (!card && !ready && !again)}
        >
          {busy ? t('paying.busy') : again ? t('error.retry') : label}
        </Button>
      </div>
    </form>
  );
}

/** Of the form itself: its fields are not there. */
const NOT_LOADED = 'form_not_loaded';

/** Told where a dialog is opened again before it is known what became of its attempt. */
const STILL_UNCLEAR = new Problem({
  type: 'about:blank',
  title: 'The earlier attempt is still being cleared up',
  status: 409,
  code: 'idempotency_key_in_use',
});

function CardFormSkeleton() {
  return (
    <div className="absolute inset-x-0 top-0 grid gap-4">
      <Skeleton className="h-[68px]" />
      <Skeleton className="h-[68px]" />
      <Skeleton className="h-[68px]" />
    </div>
  );
}
