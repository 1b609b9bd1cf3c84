import { Skeleton } from '../../ui/Skeleton';

/** What was asked for, the card form, and the button. */
export function CheckoutSkeleton() {
  return (
    <div className="grid gap-4">
      <Skeleton className="h-[166px] rounded-card" />
      <Skeleton className="h-[232px]" />
      <Skeleton className="h-11" />
    </div>
  );
}
