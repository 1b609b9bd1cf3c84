import { useWords } from '../../i18n/WordsProvider';
import { TopHeading } from '../../ui/TopHeading';

export function PricingHeading() {
  const { t } = useWords();
  return (
    <div>
      <TopHeading className="max-w-[11em] text-[36px] leading-[1.08] font-bold tracking-tight lg:text-[46px]">
        {t('pricing.title')}
      </TopHeading>
      <p className="mt-3 text-lg text-ink-2">{t('pricing.subtitle')}</p>
    </div>
  );
}
