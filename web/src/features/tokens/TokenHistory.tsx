import { useSuspenseInfiniteQuery } from '@tanstack/react-query';
import { historyQuery } from '../../api/queries';
import type { TokenMovement } from '../../api/shapes';
import type { Key } from '../../i18n/en';
import { useWords } from '../../i18n/WordsProvider';
import { DownloadLink } from '../../ui/DownloadLink';
import { ListCard } from '../../ui/ListCard';

export function TokenHistory() {
  const { t } = useWords();
  const list = useSuspenseInfiniteQuery(historyQuery);
  return (
    <ListCard
      title={t('history.title')}
      empty={t('history.empty')}
      list={list}
      action={<DownloadLink href="/api/v1/billing/tokens/history.csv">{t('history.csv')}</DownloadLink>}
    >
      {(movements) => (
        <table className="w-full text-left">
          <thead className="text-ink-2">
            <tr>
              <th scope="col" className="py-2.5 pr-3 font-normal">
                {t('history.date')}
              </th>
              <th scope="col" className="hidden py-2.5 pr-3 font-normal sm:table-cell">
                {t('history.what')}
              </th>
              <th scope="col" className="py-2.5 pr-3 text-right font-normal">
                {t('history.tokens')}
              </th>
              <th scope="col" className="py-2.5 text-right font-normal">
                {t('history.balance')}
              </th>
            </tr>
          </thead>
          <tbody>
            {movements.map((movement) => (
              <Row key={movement.id} movement={movement} />
            ))}
          </tbody>
        </table>
      )}
    </ListCard>
  );
}

/** The feature that usage is of where a host names none. */
const PLAIN_USAGE = 'ai_request';

/** A purchase and a feature have names of their own; of the rest it is said what it is, too. */
function nameOf({ kind, description }: TokenMovement, word: string): string {
  if (!description) return word;
  return kind === 'purchase' || kind === 'usage' ? description : `${word} · ${description}`;
}

function Row({ movement }: { movement: TokenMovement }) {
  const { t, date, signed, number } = useWords();
  const kind = t(`movement.${movement.kind}` as Key);
  const what = movement.description === PLAIN_USAGE ? kind : nameOf(movement, kind);
  return (
    <tr className="border-t border-line align-top">
      <td className="py-3 pr-3">
        {date(movement.created_at)}
        <span className="block text-ink-2 sm:hidden">{what}</span>
      </td>
      <td className="hidden py-3 pr-3 sm:table-cell">{what}</td>
      <td className={`py-3 pr-3 text-right font-semibold ${movement.tokens > 0 ? 'text-engraver' : ''}`}>
        {signed(movement.tokens)}
      </td>
      <td className="py-3 text-right text-ink-2">{number(movement.balance_after)}</td>
    </tr>
  );
}
