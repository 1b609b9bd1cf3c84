import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { newKey } from '../../api/client';
import { cardsQuery, configQuery, MINE, overviewQuery } from '../../api/queries';
import type { KeptCard } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { confirmNextAction, stripeQuery } from '../../lib/stripe';
import { useAction } from '../../lib/useAction';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { ErrorNotice } from '../../ui/ErrorNotice';
import { CardRow } from './CardRow';
import { postDefault } from './cardCalls';
import { RemoveCardDialog } from './RemoveCardDialog';

const CardDialog = lazy(async () => ({ default: (await import('./CardDialog')).CardDialog }));

/** The cards that are kept, which of them pays, and what can be done with each. */
export function CardsCard() {
  const { t } = useWords();
  const queries = useQueryClient();
  const { data: cards } = useSuspenseQuery(cardsQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { data: overview } = useSuspenseQuery(overviewQuery);
  const [taking, setTaking] = useState<{ replaces?: string; pays: boolean } | null>(null);
  const [removing, setRemoving] = useState<KeptCard | null>(null);
  const { busy, error, run } = useAction(async (id: string) => {
    const { confirm } = await postDefault({ id }, newKey());
    if (confirm) await confirmNextAction(await queries.ensureQueryData(stripeQuery(config)), confirm);
    await queries.invalidateQueries({ queryKey: [MINE] });
  });
  const subscription = overview?.subscription;
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
                {card.is_default ? (
                  <Button
                    look="quiet"
                    aria-describedby={describedBy}
                    onClick={() => setTaking({ replaces: card.id, pays: true })}
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
                )}
                <Button look="quiet" aria-describedby={describedBy} onClick={() => setRemoving(card)}>
                  {t('card.remove')}
                </Button>
              </>
            )}
          </CardRow>
        ))}
      </ul>
      {error !== null && (
        <div className="mt-2">
          <ErrorNotice error={error} />
        </div>
      )}
      <div className="mt-auto grid pt-5 sm:flex">
        <Button onClick={() => setTaking({ pays: cards.length === 0 })}>{t('card.add')}</Button>
      </div>
      {taking && (
        <Suspense fallback={null}>
          <CardDialog
            config={config}
            currency={subscription?.currency ?? config.currency}
            {...taking}
            onClose={() => setTaking(null)}
          />
        </Suspense>
      )}
      {removing && <RemoveCardDialog card={removing} onClose={() => setRemoving(null)} />}
    </Card>
  );
}
