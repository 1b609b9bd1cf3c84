import { BlockedRequest } from './BlockedRequest';
import { useGoOn } from './useGoOn';
import { usePaywall } from './usePaywall';

/** On the way to buy: what was refused waits on another page. */
export function WaitingNotice() {
  const { waiting, open } = usePaywall();
  const goOn = useGoOn();
  if (waiting === 0 || open) return null;
  return (
    <div className="mb-6">
      <BlockedRequest tone="plain" onTryAgain={() => goOn(() => {})} />
    </div>
  );
}
