import { useSyncExternalStore } from 'react';
import { announced, onAnnounced } from '../lib/announce';

/** Stands once on our own pages, for as long as they do: a region that comes with its text is not read. */
export function Announcer() {
  const text = useSyncExternalStore(onAnnounced, announced);
  return (
    <div aria-live="polite" className="sr-only" data-announcer>
      {text}
    </div>
  );
}
