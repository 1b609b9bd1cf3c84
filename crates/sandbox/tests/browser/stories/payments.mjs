// Paying and keeping cards with the payment element.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

const DEFERRED = { mode: 'payment', amount: 1099, currency: 'usd' };

export const PAYMENT_STORIES = {
  async 'a payment is made with the payment element and the secret of its intent'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.good);
    await scene.page.getByRole('button', { name: 'Pay' }).click();
    const { paymentIntent } = await scene.result();
    assert.equal(paymentIntent.status, 'succeeded');
    assert.equal(paymentIntent.id, intent.id);
    const charge = (await scene.stripe('GET', 'charges', { payment_intent: intent.id })).data[0];
    assert.equal(charge.payment_method_details.card.last4, '4242');
    assert.equal(charge.billing_details.address.country, 'US');
  },

  async 'a payment is made with an intent that is created when the form is complete'(scene) {
    await scene.open({
      flow: 'deferred', elements: DEFERRED, intent: { object: 'payment_intents', amount: 1099, currency: 'usd' },
    });
    await scene.type(CARDS.good);
    assert.equal((await scene.paid()).paymentIntent.status, 'succeeded');
  },

  async 'a first payment of a subscription is confirmed'(scene) {
    const customer = await scene.stripe('POST', 'customers', { email: 'jenny@example.com' });
    const price = await scene.stripe('POST', 'prices', {
      currency: 'usd', unit_amount: 1099, recurring: { interval: 'month' }, product_data: { name: 'Pro' },
    });
    const subscription = await scene.stripe('POST', 'subscriptions', {
      customer: customer.id, items: [{ price: price.id }], payment_behavior: 'default_incomplete',
      expand: ['latest_invoice.confirmation_secret'],
    });
    const secret = subscription.latest_invoice.confirmation_secret.client_secret;
    await scene.open({ flow: 'confirmPayment', elements: { clientSecret: secret } });
    await scene.type(CARDS.good);
    assert.equal((await scene.paid()).paymentIntent.status, 'succeeded');
    assert.equal((await scene.stripe('GET', `subscriptions/${subscription.id}`)).status, 'active');
  },

  async 'a card is declined, and another one pays'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.declined);
    const { error } = await scene.paid();
    assert.deepEqual([error.type, error.code, error.decline_code], ['card_error', 'card_declined', 'generic_decline']);
    assert.equal(error.message, 'Your card was declined.');
    assert.equal(error.payment_intent.status, 'requires_payment_method');
    await scene.field('number').fill('');
    await scene.type(CARDS.good);
    assert.equal((await scene.paid()).paymentIntent.status, 'succeeded');
  },

  async 'a card without funds is declined with its code'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.poor);
    const { error } = await scene.paid();
    assert.deepEqual([error.code, error.decline_code], ['card_declined', 'insufficient_funds']);
  },

  async 'a card is set up for later, with a secret and with an intent to come'(scene) {
    const customer = await scene.stripe('POST', 'customers');
    const intent = await scene.intent('setup_intents', { customer: customer.id });
    await scene.open({ flow: 'confirmSetup', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.good);
    assert.match(await scene.frame().locator('.TermsText').textContent(), /future payments/);
    assert.equal((await scene.paid()).setupIntent.status, 'succeeded');
    await scene.turn();
    await scene.open({
      flow: 'deferred', elements: { mode: 'setup', currency: 'usd' }, intent: { object: 'setup_intents', customer: customer.id },
    });
    await scene.type(CARDS.good);
    assert.equal((await scene.paid()).setupIntent.status, 'succeeded');
    const kept = await scene.stripe('GET', 'payment_methods', { customer: customer.id });
    assert.deepEqual(kept.data.map((method) => method.card.last4), ['4242', '4242']);
  },

  async 'a setup with a card that is declined says so'(scene) {
    const intent = await scene.intent('setup_intents');
    await scene.open({ flow: 'confirmSetup', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.declined);
    const { error } = await scene.paid();
    assert.deepEqual([error.code, error.setup_intent.status], ['card_declined', 'requires_payment_method']);
  },

  async 'with redirect always the payer comes back with the intent in the address'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', redirect: 'always', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.good);
    await scene.pay();
    await scene.page.waitForURL('**/back?**');
    const back = new URL(scene.page.url()).searchParams;
    assert.deepEqual(Object.fromEntries(back), {
      payment_intent: intent.id, payment_intent_client_secret: intent.client_secret, redirect_status: 'succeeded',
    });
  },

  async 'a decline does not send the payer away'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', redirect: 'always', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.declined);
    assert.equal((await scene.paid()).error.code, 'card_declined');
  },

  async 'a server confirms with a confirmation token'(scene) {
    await scene.open({
      flow: 'confirmationToken', elements: DEFERRED, intent: { object: 'payment_intents', amount: 1099, currency: 'usd' },
    });
    await scene.type(CARDS.good);
    const { intent, confirmationToken } = await scene.paid();
    assert.equal(intent.status, 'succeeded');
    assert.equal(confirmationToken.payment_method_preview.card.last4, '4242');
    const token = await scene.stripe('GET', `confirmation_tokens/${confirmationToken.id}`);
    assert.equal(token.payment_intent, intent.id);
    assert.equal(token.return_url, `${scene.shop}/back`);
  },

  async 'what a server confirms with a token can ask for 3D Secure'(scene) {
    await scene.open({
      flow: 'confirmationToken', elements: DEFERRED, intent: { object: 'payment_intents', amount: 1099, currency: 'usd' },
    });
    await scene.type(CARDS.secure);
    await scene.pay();
    await scene.answer('Complete');
    assert.equal((await scene.result()).paymentIntent.status, 'succeeded');
  },

  async 'a payment method is made of the payment element'(scene) {
    await scene.open({ flow: 'paymentMethod', elements: { ...DEFERRED, paymentMethodCreation: 'manual' } });
    await scene.type(CARDS.amex, { cvc: '1234' });
    const { paymentMethod } = await scene.paid();
    assert.deepEqual([paymentMethod.card.brand, paymentMethod.billing_details.name], ['amex', 'Jenny']);
  },

  async 'an intent that is not what the elements were made for is refused'(scene) {
    await scene.open({
      flow: 'deferred', elements: DEFERRED, intent: { object: 'payment_intents', amount: 1100, currency: 'usd' },
    });
    await scene.type(CARDS.good);
    const { error } = await scene.paid();
    assert.match(error.message, /^The provided amount \(1100\) does not match the expected amount \(1099\)/);
    assert.equal(error.payment_intent.status, 'requires_payment_method');
  },
};
