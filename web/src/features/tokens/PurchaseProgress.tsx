import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { paywall } from '../../api/paywall';
import { MINE } from '../../api/queries';
import type { Purchase } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { usePlaces } from '../../lib/places';
import { poll } from '../../lib/poll';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Waiting } from '../../ui/Waiting';
import { getPurchase } from './purchaseCalls';

/** After the payment: until the webhook has put the tokens into the balance. */
export function PurchaseProgress({ purchase, onClose }: { purchase: Purchase; onClose: () => void }) {
  const { t, number } = useWords();
  const queries = useQueryClient();
  const { go } = usePlaces();
  const [state, setState] = useState<'confirming' | 'there' | 'slow'>('confirming');
  // Where a request has waited for these tokens: it goes on now.
  const [back, setBack] = useState<string | null>(null);
  useEffect(() => {
    const left = new AbortController();
    const follow = async () => {
      const isThere = ({ status }: Purchase) => status === 'completed';
      const ask = () => getPurchase(purchase.id);
      const there = await poll(ask, isThere, left.signal, () => setState('slow'));
      await queries.invalidateQueries({ queryKey: [MINE] });
      if (!there) return;
      setBack(paywall.resume());
      setState('there');
    };
    follow();
    return () => left.abort();
  }, [purchase.id, queries]);

  if (state === 'confirming') return <Waiting>{t('purchase.confirming')}</Waiting>;
  const tokens = number(purchase.tokens);
  return (
    <>
      {state === 'there' ? (
        <Notice alert tone="good" title={t('purchase.done', { tokens })}>
          {back && t('paywall.resumed')}
        </Notice>
      ) : (
        <Notice alert tone="warn" title={t('purchase.slow')}>
          {t('purchase.slow_detail', { tokens })}
        </Notice>
      )}
      <div className="mt-4">
        <Button
          look="primary"
          wide
          onClick={() => {
            onClose();
            if (back) go(back);
          }}
        >
          {t(back ? 'paywall.back' : 'dialog.done')}
        </Button>
      </div>
    </>
  );
}
