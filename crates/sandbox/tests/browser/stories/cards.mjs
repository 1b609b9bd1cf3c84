// The elements for a card alone, whole and in three parts.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

const PARTS = {
  cardnumber: 'Secure card number input frame', 'exp-date': 'Secure expiration date input frame', cvc: 'Secure CVC input frame',
};

async function typeParts(scene, texts) {
  for (const [name, text] of Object.entries(texts)) await scene.field(name, PARTS[name]).fill(text);
}

export const CARD_STORIES = {
  async 'the card element pays, sets up, and becomes a payment method or a token'(scene) {
    const payment = await scene.intent();
    const setup = await scene.intent('setup_intents');
    for (const [flow, secret, check] of [
      ['confirmCardPayment', payment.client_secret, ({ paymentIntent }) => assert.equal(paymentIntent.status, 'succeeded')],
      ['confirmCardSetup', setup.client_secret, ({ setupIntent }) => assert.equal(setupIntent.status, 'succeeded')],
      ['cardPaymentMethod', null, ({ paymentMethod }) => assert.equal(paymentMethod.billing_details.address.postal_code, '12345')],
      ['cardToken', null, ({ token }) => assert.deepEqual([token.card.last4, token.card.name, token.card.address_zip], ['4242', 'Jenny', '12345'])],
    ]) {
      await scene.open({ flow, secret, show: ['card'] });
      await scene.typeCard(CARDS.good);
      await scene.field('postal', 'Secure card payment input frame').fill('12345');
      const result = await scene.paid();
      assert.equal(result.error?.message, undefined);
      check(result);
      await scene.turn();
    }
  },

  async 'the card element tells its brand, its errors and when it is complete'(scene) {
    await scene.open({ flow: 'cardToken', show: ['card'], options: { card: { hidePostalCode: true } } });
    const frame = 'Secure card payment input frame';
    await scene.field('cardnumber', frame).pressSequentially('4242424242424241');
    const [last] = (await scene.heard('card', 'change')).slice(-1);
    assert.deepEqual([last.brand, last.error.code, last.complete], ['visa', 'invalid_number', false]);
    await scene.page.locator('.StripeElement--invalid.StripeElement--focus').waitFor();
    const { error } = await scene.paid();
    assert.deepEqual([error.type, error.code, error.message], ['validation_error', 'invalid_number', 'Your card number is invalid.']);
    await scene.field('cardnumber', frame).fill('');
    await scene.typeCard(CARDS.good);
    await scene.page.locator('.StripeElement--complete:not(.StripeElement--invalid)').waitFor();
    assert.equal(await scene.field('postal', frame).isVisible(), false);
    assert.equal((await scene.paid()).token.card.brand, 'Visa');
  },

  async 'a card in three elements pays'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmCardPayment', secret: intent.client_secret, show: ['cardNumber', 'cardExpiry', 'cardCvc'] });
    scene.typed(CARDS.good);
    await typeParts(scene, { cardnumber: CARDS.good });
    assert.equal((await scene.paid()).error.code, 'incomplete_expiry');
    await typeParts(scene, { 'exp-date': '1240' });
    assert.equal((await scene.paid()).error.code, 'incomplete_cvc');
    await typeParts(scene, { cvc: '123' });
    assert.equal((await scene.paid()).paymentIntent.status, 'succeeded');
  },
};
