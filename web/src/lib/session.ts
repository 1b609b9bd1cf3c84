/** One for the page: it does not hear what it says itself. */
const tabs = new BroadcastChannel('allthrive-session');

/** Somebody has signed in or out here: the browser's other tabs are of whoever is here now. */
export const tellOtherTabs = (): void => tabs.postMessage('changed');

/** `told` is called when another tab says so. Gives the way to stop listening. */
export function onOtherTab(told: () => void): () => void {
  tabs.addEventListener('message', told);
  return () => tabs.removeEventListener('message', told);
}
