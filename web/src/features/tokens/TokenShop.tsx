import { useSuspenseQuery } from '@tanstack/react-query';
import { configQuery, overviewQuery, packagesQuery } from '../../api/queries';
import { useWords } from '../../i18n/WordsProvider';
import { usePlaces } from '../../lib/places';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { TopHeading } from '../../ui/TopHeading';
import { BalanceHeader } from './BalanceHeader';
import { PackageOffer } from './PackageOffer';
import { TokenHistory } from './TokenHistory';

export function TokenShop() {
  const { t } = useWords();
  const { hasAi } = usePlaces();
  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-4">
        <div className="grow">
          <TopHeading className="text-ink-2">{t('tokens.title')}</TopHeading>
          <Section skeleton={<Skeleton className="h-[116px] max-w-md sm:h-[92px]" />}>
            <BalanceHeader />
          </Section>
        </div>
        {hasAi && <LinkButton to="ai">{t('tokens.ask')}</LinkButton>}
      </div>
      <Section
        name={t('tokens.buy')}
        skeleton={<Skeleton className="my-8 h-[794px] md:h-[278px] lg:h-[254px]" />}
      >
        <Packages />
      </Section>
      <Section name={t('history.title')} skeleton={<Skeleton className="h-[114px]" />}>
        <TokenHistory />
      </Section>
    </>
  );
}

function Packages() {
  const { t } = useWords();
  const { data: packages } = useSuspenseQuery(packagesQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { data: overview } = useSuspenseQuery(overviewQuery);
  return (
    <div className="my-8">
      {config.sales_paused && (
        <div className="mb-4">
          <Notice tone="warn" title={t('pricing.sales_paused')} />
        </div>
      )}
      <div className="grid gap-4 md:grid-cols-3">
        {packages.map((pack) => (
          <PackageOffer key={pack.slug} pack={pack} packages={packages} config={config} overview={overview} />
        ))}
      </div>
    </div>
  );
}
