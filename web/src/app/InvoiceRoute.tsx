import { getRouteApi } from '@tanstack/react-router';
import { InvoicePage } from '../features/invoices/InvoicePage';

const route = getRouteApi('/member/account/invoice');

export function InvoiceRoute() {
  return <InvoicePage id={route.useSearch().id} />;
}
