import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { paywall } from '../../api/paywall';
import { MINE } from '../../api/queries';
import type { Purchase } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { usePlaces } from '../../lib/places';
import { LONGEST_MS, poll } from '../../lib/poll';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Waiting } from '../../ui/Waiting';
import { getPurchase } from './purchaseCalls';

/** After the payment: until the webhook has put the tokens into the balance. */
export function PurchaseProgress({ purchase, onClose }: { purchase: Purchase; onClose: () => void }) {
  const { t, number } = useWords();
  const queries = useQueryClient();
  const { go } = usePlaces();
  const [state, setState] = useState<'confirming' | 'there' | 'slow' | 'failed'>('confirming');
  // Where a request has waited for these tokens: it goes on now.
  const [back, setBack] = useState<string | null>(null);
  useEffect(() => {
    // Whoever closes this meanwhile has what waits for the tokens go on all the same.
    const follow = async () => {
      const isOver = ({ status }: Purchase) => ['completed', 'failed', 'canceled'].includes(status);
      let last: Purchase | undefined;
      const ask = async () => {
        last = await getPurchase(purchase.id);
        return last;
      };
      await poll(ask, isOver, AbortSignal.timeout(LONGEST_MS), () => setState('slow'));
      await queries.invalidateQueries({ queryKey: [MINE] });
      if (last?.status === 'completed') {
        setBack(paywall.resume());
        setState('there');
      } else if (last && isOver(last)) setState('failed');
    };
    follow();
  }, [purchase.id, queries]);

  if (state === 'confirming') return <Waiting>{t('purchase.confirming')}</Waiting>;
  const tokens = number(purchase.tokens);
  return (
    <>
      {state === 'there' ? (
        <Notice alert tone="good" title={t('purchase.done', { tokens })}>
          {back && t('paywall.resumed')}
        </Notice>
      ) : state === 'failed' ? (
        <Notice alert tone="bad" title={t('purchase.failed')}>
          {t('paying.not_charged')}
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
