import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { newKey } from '../../api/client';
import { cardsQuery, configQuery, MINE, overviewQuery } from '../../api/queries';
import { isBillingPeriod, type KeptCard } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { confirmNextAction, stripeQuery } from '../../lib/stripe';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { LinkButton } from '../../ui/LinkButton';
import { CardRow } from './CardRow';
import { postDefault } from './cardCalls';
import { RemoveCardDialog } from './RemoveCardDialog';
import { useOwing } from './useOwing';

const CardDialog = lazy(async () => ({ default: (await import('./CardDialog')).CardDialog }));
const FixPaymentDialog = lazy(async () => ({
  default: (await import('../paying/FixPaymentDialog')).FixPaymentDialog,
}));

/**
 * The cards that are kept, which of them pays, and what can be done with each. A card that pays from now on pays at once
 * what is open: while something is, it is chosen where the amount stands.
 */
export function CardsCard() {
  const { t } = useWords();
  const queries = useQueryClient();
  const owingNow = useOwing();
  const { data: cards } = useSuspenseQuery(cardsQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { data: overview } = useSuspenseQuery(overviewQuery);
  const [taking, setTaking] = useState<{ replaces?: string; pays: boolean } | null>(null);
  const [removing, setRemoving] = useState<KeptCard | null>(null);
  /** With which card what is open is paid; null for another one. */
  const [paying, setPaying] = useState<{ card: string | null } | null>(null);
  const { busy, error, run } = useAction(async (id: string) => {
    const owing = await owingNow();
    if (owing === 'renewal') setPaying({ card: id });
    if (owing) return;
    const { confirm } = await postDefault({ id }, newKey());
    if (confirm) await confirmNextAction(await queries.ensureQueryData(stripeQuery(config)), confirm);
    await queries.invalidateQueries({ queryKey: [MINE] });
  });
  const choosing = useAction(async (wanted: { replaces?: string; pays: boolean }) => {
    const owing = wanted.pays ? await owingNow() : null;
    if (owing === 'renewal') setPaying({ card: null });
    else if (!owing || !wanted.replaces) setTaking({ ...wanted, pays: wanted.pays && !owing });
  });
  const subscription = overview?.subscription;
  const isFirstOpen = subscription?.status === 'incomplete';
  const failure = error ?? choosing.error;
  return (
    <Card aria-labelledby="cards" className="flex flex-col">
      <h2 id="cards" className="mb-3 text-lg font-bold">
        {t('cards.title')}
      </h2>
      {cards.length === 0 && <p className="text-ink-2">{t('cards.empty')}</p>}
      <ul>
        {cards.map((card) => (
          <CardRow key={card.id} card={card} mark={t(subscription ? 'card.pays' : 'card.default')}>
            {(describedBy) => (
              <>
                {!isFirstOpen &&
                  (card.is_default ? (
                    <Button
                      look="quiet"
                      aria-describedby={describedBy}
                      onClick={() => choosing.run({ replaces: card.id, pays: true })}
                    >
                      {t('card.update')}
                    </Button>
                  ) : (
                    <Button
                      look="quiet"
                      aria-describedby={describedBy}
                      disabled={busy}
                      onClick={() => run(card.id)}
                    >
                      {t('card.make_default')}
                    </Button>
                  ))}
                <Button look="quiet" aria-describedby={describedBy} onClick={() => setRemoving(card)}>
                  {t('card.remove')}
                </Button>
              </>
            )}
          </CardRow>
        ))}
      </ul>
      {isFirstOpen && (
        <div className="mt-3 grid gap-3 justify-items-start">
          <p className="text-ink-2">{t('cards.incomplete')}</p>
          <LinkButton
            to="pricing"
            search={{
              subscribe: subscription.tier_slug,
              period: isBillingPeriod(subscription.billing_period) ? subscription.billing_period : undefined,
            }}
          >
            {t('cta.finish')}
          </LinkButton>
        </div>
      )}
      {failure !== null && (
        <div className="mt-2">
          <ErrorNotice error={failure} />
        </div>
      )}
      <div className="mt-auto grid pt-5 sm:flex">
        <Button onClick={() => choosing.run({ pays: cards.length === 0 })}>{t('card.add')}</Button>
      </div>
      <Suspense fallback={null}>
        {taking && (
          <CardDialog
            config={config}
            currency={subscription?.currency ?? config.currency}
            {...taking}
            onClose={() => setTaking(null)}
            onOwing={(card) => {
              setTaking(null);
              setPaying({ card });
            }}
          />
        )}
        {paying && <FixPaymentDialog config={config} card={paying.card} onClose={() => setPaying(null)} />}
      </Suspense>
      {removing && <RemoveCardDialog card={removing} onClose={() => setRemoving(null)} />}
    </Card>
  );
}
