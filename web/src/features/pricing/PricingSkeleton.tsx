import { Skeleton } from '../../ui/Skeleton';
import { PricingHeading } from './PricingHeading';

export function PricingSkeleton() {
  return (
    <>
      <div className="mb-8 flex flex-wrap items-end justify-between gap-6 lg:mb-12">
        <PricingHeading />
        <Skeleton className="h-[50px] w-[330px] max-w-full" />
      </div>
      <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
        {['free', 'one', 'two', 'three'].map((name) => (
          <Skeleton key={name} className="h-[290px]" />
        ))}
      </div>
      <Skeleton className="mt-10 h-[900px]" />
    </>
  );
}
