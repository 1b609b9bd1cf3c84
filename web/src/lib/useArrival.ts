import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { getOverview, MINE } from '../api/queries';
import type { Subscription } from '../api/shapes';
import { useWords } from '../i18n/WordsProvider';
import { announce } from './announce';
import { LONGEST_MS, poll } from './poll';
import { useUntilLeft } from './useUntilLeft';

/**
 * What was paid or changed is there once its webhook has told us: how it stands with that, and the way to wait. It is
 * waited for also when the component is gone meanwhile: `done` is told.
 */
export function useArrival(
  isThere: (subscription: Subscription) => boolean,
  done: (isLeft: boolean) => unknown,
) {
  const { t } = useWords();
  const queries = useQueryClient();
  const untilLeft = useUntilLeft();
  const [waiting, setWaiting] = useState<'no' | 'confirming' | 'slow'>('no');
  const wait = async () => {
    setWaiting('confirming');
    const left = untilLeft();
    // Not by way of what the page shows: once that knows of the change, it may take this component away.
    const there = await poll(
      getOverview,
      (seen) => !!seen?.subscription && isThere(seen.subscription),
      AbortSignal.timeout(LONGEST_MS),
      () => setWaiting('slow'),
    );
    const isLeft = left.aborted;
    await queries.invalidateQueries({ queryKey: [MINE] });
    if (!there) return;
    await done(isLeft);
    // What has said that it waits is gone by now.
    announce(t('arrival.there'));
  };
  return { waiting, wait };
}
