import {
  type BillingPeriod,
  SubscribeModal,
  TierCard,
  TokenPackageCard,
  useBalance,
  useEntitlements,
  useRefreshBilling,
  useSubscription,
  useTiers,
  useTokenPackages,
  useUsage,
} from '@allthrive/billing-react';
import { useState } from 'react';

/** The pieces by themselves, and what the hooks tell. */
export function Pieces() {
  const [open, setOpen] = useState<{ tier: string; period: BillingPeriod }>();
  const [welcome, setWelcome] = useState('');
  return (
    <>
      <div className="host-cards">
        <TierCard tier="pro-learn" onSubscribe={(tier, period) => setOpen({ tier, period })} />
        <TokenPackageCard package="starter" />
      </div>
      <Told />
      {welcome && <p role="status">{welcome}</p>}
      {open && (
        <SubscribeModal
          {...open}
          onClose={() => setOpen(undefined)}
          onDone={() => setWelcome('The host says welcome')}
        />
      )}
    </>
  );
}

function Told() {
  const { data: overview } = useSubscription();
  const { data: entitlements } = useEntitlements();
  const { data: balance } = useBalance();
  const { data: usage } = useUsage();
  const { data: tiers } = useTiers();
  const { data: packages } = useTokenPackages();
  const refresh = useRefreshBilling();
  const status: string | undefined = overview?.subscription?.status;
  const told = {
    status,
    tier: entitlements?.tier_slug,
    tokens: balance?.available,
    days: usage?.days.length,
    tiers: tiers?.length,
    packages: packages?.length,
  };
  return (
    <>
      <pre data-told>{JSON.stringify(told)}</pre>
      <button type="button" onClick={refresh}>
        Ask again
      </button>
    </>
  );
}
