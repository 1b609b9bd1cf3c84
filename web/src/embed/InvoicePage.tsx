import { InvoicePage as Page } from '../features/invoices/InvoicePage';
import { Piece } from './Piece';

export interface InvoicePageProps {
  /** `?id=` in the address that the billing page leads to. */
  id: string;
}

/** One invoice, to read and to print. */
export function InvoicePage({ id }: InvoicePageProps) {
  return (
    <Piece>
      <Page id={id} />
    </Piece>
  );
}
