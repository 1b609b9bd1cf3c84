import { useWords } from '../i18n/WordsProvider';
import { Button } from './Button';
import { ErrorNotice } from './ErrorNotice';

export interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  error: unknown;
  fetchNextPage: () => unknown;
}

/** Under a list that goes on. */
export function MoreButton({ list }: { list: Pages }) {
  const { t } = useWords();
  if (!list.hasNextPage) return null;
  if (list.isFetchNextPageError && !list.isFetchingNextPage) {
    return <ErrorNotice error={list.error} onRetry={() => list.fetchNextPage()} />;
  }
  return (
    <div className="mt-4 text-center">
      <Button busy={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
        {t('list.more')}
      </Button>
    </div>
  );
}
