import { BalanceWidget } from '../features/tokens/BalanceWidget';
import { Section } from '../ui/Section';
import { Skeleton } from '../ui/Skeleton';
import { Piece } from './Piece';

/** The balance, for a host's header. */
export function TokenBalanceWidget() {
  return (
    <Piece inline>
      <Section skeleton={<Skeleton className="h-[54px] w-[240px]" />}>
        <BalanceWidget />
      </Section>
    </Piece>
  );
}
