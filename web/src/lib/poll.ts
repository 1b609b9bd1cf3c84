/** How often, and for how long, what a webhook brings is waited for before the page says that it takes longer. */
const EVERY_MS = 500;
const PATIENCE_MS = 20_000;

/** Asks until `done`; false when patience ends, or `signal` says so. What fails meanwhile is asked again. */
export async function poll<Value>(
  ask: () => Promise<Value>,
  done: (value: Value) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const end = Date.now() + PATIENCE_MS;
  while (!signal.aborted && Date.now() < end) {
    const value = await ask().catch(() => undefined);
    if (value !== undefined && done(value)) return true;
    await new Promise((later) => setTimeout(later, EVERY_MS));
  }
  return false;
}
