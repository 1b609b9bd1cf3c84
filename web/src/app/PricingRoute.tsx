import { getRouteApi } from '@tanstack/react-router';
import { PricingTable } from '../features/pricing/PricingTable';
import { useWords } from '../i18n/WordsProvider';
import { usePageName } from '../lib/usePageName';

const route = getRouteApi('/pricing');

/** What is chosen stands in the address: it survives signing in, and can be sent to somebody. */
export function PricingRoute() {
  const { t } = useWords();
  usePageName(t('nav.pricing'));
  const navigate = route.useNavigate();
  return (
    <PricingTable
      choice={route.useSearch()}
      onChange={(search) => navigate({ search, replace: true, resetScroll: false })}
    />
  );
}
