import {
  BillingPage,
  BillingProvider,
  InvoicePage,
  OutOfTokensModal,
  PricingTable,
  TokenBalanceWidget,
  TokenShop,
} from '@allthrive/billing-react';
import { useEffect, useState } from 'react';
import { Ask } from './Ask';
import { HostFrame } from './HostFrame';
import { Pieces } from './Pieces';

const PATHS = {
  pricing: '/plans',
  billing: '/my/billing',
  invoice: '/my/invoice',
  tokens: '/my/tokens',
  sign_in: '/login',
};
const search = new URLSearchParams(window.location.search);
const token = localStorage.getItem('host-token');

/** A host with a router of its own, members of its own, and pages where it wants them. */
export function App() {
  const [path, setPath] = useState(window.location.pathname);
  const [answers, setAnswers] = useState<string[]>([]);
  useEffect(() => {
    const back = () => setPath(window.location.pathname);
    window.addEventListener('popstate', back);
    return () => window.removeEventListener('popstate', back);
  }, []);
  return (
    <BillingProvider
      baseUrl={search.get('api') ?? ''}
      getToken={async () => token}
      locale={search.get('locale') === 'es' ? 'es' : 'en'}
      theme={search.get('theme') === 'dark' ? 'dark' : 'light'}
      texts={{ 'pricing.subtitle': 'In the host’s own words.' }}
      paths={PATHS}
      navigate={(href) => {
        window.history.pushState(null, '', href);
        setPath(window.location.pathname);
      }}
    >
      <HostFrame bar={token && <TokenBalanceWidget />}>
        {path === PATHS.pricing && <PricingTable />}
        {path === '/column' && (
          <div className="host-column">
            <PricingTable choice={{ period: 'annual' }} />
          </div>
        )}
        {path === PATHS.billing && <BillingPage started={search.has('started')} />}
        {path === PATHS.invoice && (
          <InvoicePage id={new URLSearchParams(window.location.search).get('id') ?? ''} />
        )}
        {path === PATHS.tokens && <TokenShop />}
        {path === '/pieces' && <Pieces />}
        {path === '/ask' && (
          <Ask token={token} answers={answers} onAnswer={(answer) => setAnswers((all) => [...all, answer])} />
        )}
      </HostFrame>
      <OutOfTokensModal />
    </BillingProvider>
  );
}
