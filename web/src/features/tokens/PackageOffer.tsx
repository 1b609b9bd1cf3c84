import { lazy, Suspense, useState } from 'react';
import type { Config, Overview, TokenPackage } from '../../api/shapes';
import { here, usePlaces } from '../../lib/places';
import { PackageCard } from './PackageCard';

const PurchaseDialog = lazy(async () => ({ default: (await import('./PurchaseDialog')).PurchaseDialog }));

interface Props {
  pack: TokenPackage;
  packages: TokenPackage[];
  config: Config;
  overview: Overview | null;
}

/** A package, and its dialog; who is not signed in does that first. */
export function PackageOffer({ pack, packages, config, overview }: Props) {
  const { hrefOf, go } = usePlaces();
  const [buying, setBuying] = useState(false);
  const best = packages.toSorted((a, b) => a.amount / a.tokens - b.amount / b.tokens)[0];
  return (
    <>
      <PackageCard
        pack={pack}
        rank={packages.indexOf(pack)}
        best={pack === best}
        disabled={config.sales_paused}
        onBuy={() => (overview ? setBuying(true) : go(hrefOf('sign_in', { next: here() })))}
      />
      {buying && overview && (
        <Suspense fallback={null}>
          <PurchaseDialog pack={pack} config={config} onClose={() => setBuying(false)} />
        </Suspense>
      )}
    </>
  );
}
