import { getRouteApi } from '@tanstack/react-router';
import { BillingPage } from '../features/billing/BillingPage';
import { useWords } from '../i18n/WordsProvider';
import { usePageName } from '../lib/usePageName';

const route = getRouteApi('/member/account/billing');

export function BillingRoute() {
  const { t } = useWords();
  usePageName(t('nav.billing'));
  return <BillingPage started={route.useSearch().started} />;
}
