import { useState } from 'react';
import { WaitingNotice } from '../features/paywall/WaitingNotice';
import { type PricingChoice, PricingTable as Table } from '../features/pricing/PricingTable';
import { Piece } from './Piece';

export interface PricingTableProps {
  /** What is chosen, where the host keeps it (in its address, say); without it, it is kept here. */
  choice?: PricingChoice;
  onChoice?: (choice: PricingChoice) => void;
  /** Once a plan is there; without it the host's billing page is gone to. */
  onDone?: () => void;
}

/** All plans with their prices and what they include; subscribing and changing in its place. */
export function PricingTable({ choice, onChoice, onDone }: PricingTableProps) {
  const [own, setOwn] = useState<PricingChoice>({});
  const chosen = choice ?? own;
  const choose = (next: PricingChoice) => {
    setOwn(next);
    onChoice?.(next);
  };
  const done = () => {
    choose({ ...chosen, subscribe: undefined });
    onDone?.();
  };
  return (
    <Piece>
      <WaitingNotice />
      <Table choice={chosen} onChange={choose} onDone={onDone && done} />
    </Piece>
  );
}
