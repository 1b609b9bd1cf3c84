import { useWords } from '../i18n/WordsProvider';
import { Button } from './Button';

interface Props {
  list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** Under a list that goes on. */
export function MoreButton({ list }: Props) {
  const { t } = useWords();
  if (!list.hasNextPage) return null;
  return (
    <div className="mt-4 text-center">
      <Button busy={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
        {t('list.more')}
      </Button>
    </div>
  );
}
