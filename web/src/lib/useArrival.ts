import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { MINE, overviewQuery } from '../api/queries';
import type { Subscription } from '../api/shapes';
import { poll } from './poll';
import { useUntilLeft } from './useUntilLeft';

/** What was paid or changed is there once its webhook has told us: how it stands with that, and the way to wait. */
export function useArrival(isThere: (subscription: Subscription) => boolean, done: () => unknown) {
  const queries = useQueryClient();
  const untilLeft = useUntilLeft();
  const [waiting, setWaiting] = useState<'no' | 'confirming' | 'slow'>('no');
  const wait = async () => {
    setWaiting('confirming');
    const signal = untilLeft();
    const there = await poll(
      () => queries.fetchQuery({ ...overviewQuery, staleTime: 0 }),
      (seen) => !!seen?.subscription && isThere(seen.subscription),
      signal,
    );
    await queries.invalidateQueries({ queryKey: [MINE] });
    if (signal.aborted) return;
    if (there) await done();
    else setWaiting('slow');
  };
  return { waiting, wait };
}
