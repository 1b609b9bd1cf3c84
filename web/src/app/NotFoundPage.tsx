import { useWords } from '../i18n/WordsProvider';
import { LinkButton } from '../ui/LinkButton';
import { PageTitle } from '../ui/PageTitle';

export function NotFoundPage() {
  const { t } = useWords();
  return (
    <>
      <PageTitle>{t('not_found.title')}</PageTitle>
      <p className="mb-6 text-ink-2">{t('not_found.detail')}</p>
      <LinkButton to="pricing" look="primary">
        {t('not_found.pricing')}
      </LinkButton>
    </>
  );
}
