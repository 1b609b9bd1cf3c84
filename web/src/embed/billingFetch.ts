import { paywall } from '../api/paywall';

let modals = 0;

/** While there is a modal to answer by. Gives the way to end it. */
export function answering(): () => void {
  modals += 1;
  return () => {
    modals -= 1;
  };
}

/**
 * As `fetch`, for requests of the host's own that may cost AI requests or tokens, and are refused with our problem
 * document: such a one waits behind `<OutOfTokensModal />`, and is sent again once something was bought. Without the modal
 * nobody could say what is to be done: then the refusal is the answer, as it is to who gives up.
 */
export const billingFetch: typeof fetch = (input, init) =>
  modals > 0 ? paywall.fetch(input, init) : fetch(input, init);
