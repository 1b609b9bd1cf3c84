let said = '';
const listeners = new Set<() => void>();

/** For the `Announcer`. */
export const announced = () => said;
export const onAnnounced = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** For who listens to the page: what has happened, where what is seen has gone or changed. Without an `Announcer`, nothing. */
export function announce(text: string): void {
  // The same again is new only when it differs.
  said = said === text ? `${text}\u00a0` : text;
  for (const listener of listeners) listener();
}
