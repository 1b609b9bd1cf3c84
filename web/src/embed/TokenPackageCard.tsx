import { useSuspenseQuery } from '@tanstack/react-query';
import { configQuery, overviewQuery, packagesQuery } from '../api/queries';
import { PackageOffer } from '../features/tokens/PackageOffer';
import { Section } from '../ui/Section';
import { Skeleton } from '../ui/Skeleton';
import { Piece } from './Piece';

export interface TokenPackageCardProps {
  /** Its slug, as `starter`. What is not in the catalog is not shown. */
  package: string;
}

/** One package with its price, and its purchase. */
export function TokenPackageCard(props: TokenPackageCardProps) {
  return (
    <Piece>
      <Section skeleton={<Skeleton className="h-[272px]" />}>
        <Offer {...props} />
      </Section>
    </Piece>
  );
}

function Offer({ package: slug }: TokenPackageCardProps) {
  const { data: packages } = useSuspenseQuery(packagesQuery);
  const { data: config } = useSuspenseQuery(configQuery);
  const { data: overview } = useSuspenseQuery(overviewQuery);
  const pack = packages.find((one) => one.slug === slug);
  return pack && <PackageOffer pack={pack} packages={packages} config={config} overview={overview} />;
}
