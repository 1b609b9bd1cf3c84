import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { MINE } from '../../api/queries';
import type { Purchase } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { poll } from '../../lib/poll';
import { Button } from '../../ui/Button';
import { Notice } from '../../ui/Notice';
import { Waiting } from '../../ui/Waiting';
import { getPurchase } from './purchaseCalls';

/** After the payment: until the webhook has put the tokens into the balance. */
export function PurchaseProgress({ purchase, onClose }: { purchase: Purchase; onClose: () => void }) {
  const { t, number } = useWords();
  const queries = useQueryClient();
  const [state, setState] = useState<'confirming' | 'there' | 'slow'>('confirming');
  useEffect(() => {
    const left = new AbortController();
    const follow = async () => {
      const isThere = ({ status }: Purchase) => status === 'completed';
      const there = await poll(() => getPurchase(purchase.id), isThere, left.signal);
      if (left.signal.aborted) return;
      await queries.invalidateQueries({ queryKey: [MINE] });
      setState(there ? 'there' : 'slow');
    };
    follow();
    return () => left.abort();
  }, [purchase.id, queries]);

  if (state === 'confirming') return <Waiting>{t('purchase.confirming')}</Waiting>;
  const tokens = number(purchase.tokens);
  return (
    <>
      {state === 'there' ? (
        <Notice alert tone="good" title={t('purchase.done', { tokens })} />
      ) : (
        <Notice alert tone="warn" title={t('purchase.slow')}>
          {t('purchase.slow_detail', { tokens })}
        </Notice>
      )}
      <div className="mt-4">
        <Button look="primary" wide onClick={onClose}>
          {t('dialog.done')}
        </Button>
      </div>
    </>
  );
}
