import { useRouter } from '@tanstack/react-router';
import { useWords } from '../i18n/WordsProvider';
import { ErrorNotice } from '../ui/ErrorNotice';
import { PageTitle } from '../ui/PageTitle';

/** Where a whole page could not be shown. */
export function ErrorPage({ error, reset }: { error: unknown; reset: () => void }) {
  const { t } = useWords();
  const router = useRouter();
  const retry = async () => {
    await router.invalidate();
    reset();
  };
  return (
    <>
      <PageTitle>{t('error.page_title')}</PageTitle>
      <ErrorNotice error={error} onRetry={retry} />
    </>
  );
}
