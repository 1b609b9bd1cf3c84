// What the page does when it pays. The shop's server is asked where an application would ask its own.
import { CardElement, CardNumberElement } from '@stripe/react-stripe-js';

async function ask(path, body) {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  return answer.json();
}

const confirmParams = (how) => ({ return_url: `${location.origin}/back`, ...how.confirm });

export const FLOWS = {
  confirmPayment: (stripe, elements, how) =>
    stripe.confirmPayment({ elements, confirmParams: confirmParams(how), redirect: how.redirect ?? 'if_required' }),

  confirmSetup: (stripe, elements, how) =>
    stripe.confirmSetup({ elements, confirmParams: confirmParams(how), redirect: how.redirect ?? 'if_required' }),

  // The intent is made when the form is complete, and not before.
  deferred: async (stripe, elements, how) => {
    const { error } = await elements.submit();
    if (error) return { error, submit: true };
    const { client_secret: clientSecret } = await ask('/intent', how.intent);
    const call = how.intent.object === 'setup_intents' ? 'confirmSetup' : 'confirmPayment';
    return stripe[call]({ elements, clientSecret, confirmParams: confirmParams(how), redirect: how.redirect ?? 'if_required' });
  },

  twice: async (stripe, elements, how) => {
    const pay = () => stripe.confirmPayment({ elements, confirmParams: confirmParams(how), redirect: 'if_required' });
    const [first, second] = await Promise.all([pay(), pay()]);
    return { first, second };
  },

  // The server confirms with what the browser collected; the browser does what is asked for next.
  confirmationToken: async (stripe, elements, how) => {
    const { error } = await elements.submit();
    if (error) return { error };
    const made = await stripe.createConfirmationToken({ elements, params: { return_url: `${location.origin}/back` } });
    if (made.error) return made;
    const intent = await ask('/intent', { ...how.intent, confirm: true, confirmation_token: made.confirmationToken.id });
    if (intent.status !== 'requires_action') return { intent, confirmationToken: made.confirmationToken };
    return stripe.handleNextAction({ clientSecret: intent.client_secret });
  },

  paymentMethod: async (stripe, elements) => {
    const { error } = await elements.submit();
    return error ? { error } : stripe.createPaymentMethod({ elements, params: { billing_details: { name: 'Jenny' } } });
  },

  cardPaymentMethod: (stripe, elements) =>
    stripe.createPaymentMethod({ type: 'card', card: elements.getElement(CardElement), billing_details: { name: 'Jenny' } }),

  cardToken: (stripe, elements) => stripe.createToken(elements.getElement(CardElement), { name: 'Jenny' }),

  confirmCardPayment: (stripe, elements, how) => {
    const card = elements.getElement(CardElement) ?? elements.getElement(CardNumberElement);
    return stripe.confirmCardPayment(how.secret, { payment_method: { card, billing_details: { name: 'Jenny' } } });
  },

  confirmCardSetup: (stripe, elements, how) =>
    stripe.confirmCardSetup(how.secret, { payment_method: { card: elements.getElement(CardElement) } }),

  handleNextAction: (stripe, _, how) => stripe.handleNextAction({ clientSecret: how.secret }),
  handleCardAction: (stripe, _, how) => stripe.handleCardAction(how.secret),
  retrieve: (stripe, _, how) =>
    how.secret.startsWith('seti_') ? stripe.retrieveSetupIntent(how.secret) : stripe.retrievePaymentIntent(how.secret),
  paymentRequest: async (stripe) => ({ can: await stripe.paymentRequest({ country: 'US' }).canMakePayment() }),
  fetchUpdates: async (_, elements) => ({ updates: await elements.fetchUpdates() }),
};
