import { paywall } from '../../api/paywall';
import { usePlaces } from '../../lib/places';

/** After something was bought: back to the request that has waited for it and goes on now, else what would follow. */
export function useGoOn(): (otherwise: () => unknown) => unknown {
  const { go } = usePlaces();
  return (otherwise) => {
    const back = paywall.resume();
    return back ? go(back) : otherwise();
  };
}
