import { paywall } from '../../api/paywall';
import { usePlaces } from '../../lib/places';

/**
 * After something was bought: back to the request that has waited for it and goes on now, else what would follow. Who has
 * left meanwhile is led nowhere.
 */
export function useGoOn(): (otherwise: () => unknown, isLeft?: boolean) => void {
  const { go } = usePlaces();
  return (otherwise, isLeft = false) => {
    const back = paywall.resume();
    if (isLeft) return;
    if (back) go(back);
    else otherwise();
  };
}
