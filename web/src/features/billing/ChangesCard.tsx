import { useSuspenseInfiniteQuery, useSuspenseQuery } from '@tanstack/react-query';
import { changesQuery, tiersQuery } from '../../api/queries';
import type { Key } from '../../i18n/en';
import { en } from '../../i18n/en';
import { useWords } from '../../i18n/WordsProvider';
import { ListCard } from '../../ui/ListCard';

/** What happened to the subscription, newest first. */
export function ChangesCard() {
  const { t, date } = useWords();
  const list = useSuspenseInfiniteQuery(changesQuery);
  const { data: tiers } = useSuspenseQuery(tiersQuery);
  const nameOf = (slug: string) => tiers.find((tier) => tier.slug === slug)?.name ?? slug;
  return (
    <ListCard id="changes" title={t('changes.title')} empty={t('changes.empty')} list={list}>
      {(changes) => (
        <ul>
          {changes.map((change) => {
            const key = `change.${change.kind}`;
            return (
              <li
                key={change.id}
                className="grid gap-x-6 border-t border-line py-3 first:border-0 sm:grid-cols-[9rem_1fr_auto]"
              >
                <span className="text-ink-2">{date(change.created_at)}</span>
                <span className="font-medium">{t(key in en ? (key as Key) : 'change.other')}</span>
                <span className="text-ink-2">{nameOf(change.to_tier)}</span>
              </li>
            );
          })}
        </ul>
      )}
    </ListCard>
  );
}
