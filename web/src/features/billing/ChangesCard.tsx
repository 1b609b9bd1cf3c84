import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { changesQuery, tiersQuery } from '../../api/queries';
import type { Key } from '../../i18n/en';
import { en } from '../../i18n/en';
import { useWords } from '../../i18n/WordsProvider';
import { ListCard } from '../../ui/ListCard';

/** What happened to the subscription, newest first. */
export function ChangesCard() {
  const { t, date, exactMoney } = useWords();
  const list = useSuspenseInfiniteQuery(changesQuery);
  const { data: tiers } = useSuspenseQuery(tiersQuery);
  const nameOf = (slug: string) => tiers.find((tier) => tier.slug === slug)?.name ?? slug;
  return (
    <ListCard title={t('changes.title')} empty={t('changes.empty')} list={list}>
      {(changes) => (
        <ul>
          {changes.map((change) => {
            const { from_tier: from, to_tier: to, charged, currency } = change;
            const key = `change.${change.kind}`;
            return (
              <li
                key={change.id}
                className="grid grid-cols-[1fr_auto] gap-x-4 border-t border-line py-3 first:border-0 first:pt-0 last:pb-0 sm:grid-cols-[6.5rem_1fr_auto] lg:grid-cols-[8rem_1fr_auto]"
              >
                <span className="col-span-2 text-ink-2 sm:col-span-1">{date(change.created_at)}</span>
                <span className="min-w-0">
                  <span className="block font-medium">{t(key in en ? (key as Key) : 'change.other')}</span>
                  <span className="block break-words text-ink-2">
                    {from && from !== to
                      ? t('changes.from_to', { from: nameOf(from), to: nameOf(to) })
                      : nameOf(to)}
                  </span>
                </span>
                {/* What it has cost at once, or given back. */}
                <span className="text-right font-medium">
                  {charged && currency ? exactMoney(charged, currency) : null}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </ListCard>
  );
}
