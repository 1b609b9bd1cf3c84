import { useSuspenseQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { configQuery, overviewQuery, packagesQuery } from '../../api/queries';
import type { TokenPackage } from '../../api/shapes';
import { useWords } from '../../i18n/WordsProvider';
import { LinkButton } from '../../ui/LinkButton';
import { Notice } from '../../ui/Notice';
import { Section } from '../../ui/Section';
import { Skeleton } from '../../ui/Skeleton';
import { BalanceHeader } from './BalanceHeader';
import { PackageCard } from './PackageCard';
import { TokenHistory } from './TokenHistory';

const PurchaseDialog = lazy(async () => ({ default: (await import('./PurchaseDialog')).PurchaseDialog }));

export function TokenShop() {
  const { t } = useWords();
  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-4">
        <Section skeleton={<Skeleton className="h-[140px] w-full max-w-md" />}>
          <BalanceHeader />
        </Section>
        <LinkButton to="ai">{t('tokens.ask')}</LinkButton>
      </div>
      <Section skeleton={<Skeleton className="my-8 h-[272px]" />}>
        <Packages />
      </Section>
      <Section skeleton={<Skeleton className="h-[260px]" />}>
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
  const [chosen, setChosen] = useState<TokenPackage | null>(null);
  const best = packages.toSorted((a, b) => a.amount / a.tokens - b.amount / b.tokens)[0];
  return (
    <div className="my-8">
      {config.sales_paused && (
        <div className="mb-4">
          <Notice tone="warn" title={t('pricing.sales_paused')} />
        </div>
      )}
      <div className="grid gap-4 md:grid-cols-3">
        {packages.map((pack, index) => (
          <PackageCard
            key={pack.slug}
            pack={pack}
            rank={index}
            best={pack === best}
            disabled={config.sales_paused}
            onBuy={() => setChosen(pack)}
          />
        ))}
      </div>
      {chosen && overview && (
        <Suspense fallback={null}>
          <PurchaseDialog pack={chosen} config={config} overview={overview} onClose={() => setChosen(null)} />
        </Suspense>
      )}
    </div>
  );
}
