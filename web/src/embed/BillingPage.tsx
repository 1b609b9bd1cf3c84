import { BillingPage as Page } from '../features/billing/BillingPage';
import { WaitingNotice } from '../features/paywall/WaitingNotice';
import { Piece } from './Piece';

export interface BillingPageProps {
  /** Greets who has just subscribed: `?started=true` in the address that was gone to. */
  started?: boolean;
}

/** The plan, what it is used for, and what was paid; changing, canceling, and another card. */
export function BillingPage({ started }: BillingPageProps) {
  return (
    <Piece>
      <WaitingNotice />
      <Page started={started} />
    </Piece>
  );
}
