/** How often what a webhook brings is asked for, and after how long the page says that it takes longer, and asks less. */
const EVERY_MS = 500;
const PATIENCE_MS = 20_000;
const THEN_EVERY_MS = 3000;
/** How long it is waited for at most, by whoever is still here. */
export const LONGEST_MS = 600_000;

/** Asks until `done`; false when `signal` ends it before. What fails meanwhile is asked again. */
export async function poll<Value>(
  ask: () => Promise<Value>,
  done: (value: Value) => boolean,
  signal: AbortSignal,
  onSlow: () => void,
): Promise<boolean> {
  const patient = Date.now() + PATIENCE_MS;
  let isSlow = false;
  while (!signal.aborted) {
    const value = await ask().catch(() => undefined);
    if (value !== undefined && done(value)) return !signal.aborted;
    if (!isSlow && Date.now() > patient) {
      isSlow = true;
      onSlow();
    }
    await new Promise((later) => setTimeout(later, isSlow ? THEN_EVERY_MS : EVERY_MS));
  }
  return false;
}
