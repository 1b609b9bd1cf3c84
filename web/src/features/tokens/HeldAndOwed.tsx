import type { Balance } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';

/** What is reserved, and what is owed for tokens that were spent and refunded: each only where there is any. */
export function HeldAndOwed({ balance }: { balance: Balance }) {
  const { t, number } = useWords();
  const { held, debt } = balance;
  if (held === 0 && debt === 0) return null;
  return (
    <>
      <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-1">
        {held > 0 && (
          <div className="flex gap-2">
            <dt className="text-ink-2">{t('tokens.held')}</dt>
            <dd className="font-semibold">{number(held)}</dd>
          </div>
        )}
        {debt > 0 && (
          <div className="flex gap-2">
            <dt className="text-ink-2">{t('tokens.debt')}</dt>
            <dd className="font-semibold text-seal">{number(-debt)}</dd>
          </div>
        )}
      </dl>
      {debt > 0 && <p className="text-ink-2">{t('tokens.debt_detail')}</p>}
    </>
  );
}
