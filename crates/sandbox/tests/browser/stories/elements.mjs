// How elements live: events, validation, focus, updates, and StrictMode's making them twice.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

const DEFERRED = { mode: 'payment', amount: 1099, currency: 'usd' };
const FORM = { flow: 'deferred', elements: DEFERRED, intent: { object: 'payment_intents', amount: 1099, currency: 'usd' } };

export const ELEMENT_STORIES = {
  async 'under StrictMode one frame is left, and it is ready'(scene) {
    await scene.open(FORM);
    await scene.ready('payment');
    assert.equal(await scene.page.locator('iframe').count(), 1);
    const name = await scene.page.locator('iframe').getAttribute('name');
    assert.match(name, /^__privateStripeFrame\d+$/);
    assert.equal(await scene.page.evaluate(() => document.querySelector('iframe').contentDocument), null, 'another origin');
  },

  async 'an element that goes and comes again works'(scene) {
    await scene.open(FORM);
    await scene.type(CARDS.good);
    await scene.page.evaluate(() => window.setThere(false));
    assert.equal(await scene.page.locator('iframe').count(), 0);
    await scene.page.evaluate(() => window.setThere(true));
    await scene.type(CARDS.good);
    assert.equal((await scene.paid()).paymentIntent.status, 'succeeded');
  },

  async 'what is missing or wrong is said in Stripe\'s words, and the first of it gets the focus'(scene) {
    await scene.open(FORM);
    await scene.ready('payment');
    const { error } = await scene.paid();
    assert.deepEqual(error, { type: 'validation_error', code: 'incomplete_number', message: 'Your card number is incomplete.' });
    const number = scene.field('number');
    assert.equal(await number.getAttribute('aria-invalid'), 'true');
    assert.equal(await scene.frame().locator('#Field-numberInput-error').textContent(), 'Your card number is incomplete.');
    assert.equal(await number.evaluate((input) => input === document.activeElement), true);
    for (const [name, text, message] of [
      ['number', '4242 4242 4242 4241', 'Your card number is invalid.'],
      ['expiry', '12 / 20', "Your card's expiration year is in the past."],
      ['expiry', '13 / 40', "Your card's expiration month is invalid."],
      ['expiry', '12 / 99', "Your card's expiration year is invalid."],
      ['expiry', '12 / 4', "Your card's expiration date is incomplete."],
      ['cvc', '12', "Your card's security code is incomplete."],
      ['postalCode', '123', 'Your ZIP is incomplete.'],
    ]) {
      await scene.field(name).fill(text);
      await scene.field(name).blur();
      assert.equal(await scene.frame().locator(`#Field-${name}Input-error`).textContent(), message);
    }
    await scene.picture('validation');
    assert.deepEqual(await scene.findings(), []);
  },

  async 'digits alone lead through the form'(scene) {
    await scene.open(FORM);
    scene.typed(CARDS.good);
    await scene.field('number').focus();
    await scene.page.keyboard.type(`${CARDS.good}1240123`);
    assert.deepEqual(
      await Promise.all(['number', 'expiry', 'cvc'].map((name) => scene.field(name).inputValue())),
      ['4242 4242 4242 4242', '12 / 40', '123'],
    );
    const [last] = (await scene.heard('payment', 'change')).slice(-1);
    assert.deepEqual(last, { elementType: 'payment', empty: false, complete: true, collapsed: false, value: { type: 'card' } });
    assert.equal((await scene.heard('payment', 'focus')).length, 1);
    await scene.page.keyboard.press('Escape');
    await scene.until('escape', async () => (await scene.heard('payment', 'escape')).length);
    for (let step = 0; step < 3; step += 1) await scene.page.keyboard.press('Tab');
    assert.equal(await scene.page.evaluate(() => document.activeElement.textContent), 'Pay');
    await scene.until('blur', async () => (await scene.heard('payment', 'blur')).length === 1);
    await scene.page.keyboard.press('Shift+Tab');
    // The focus goes from process to process: a key that is faster than it is the page's.
    await scene.until('focus', async () => (await scene.heard('payment', 'focus')).length === 2);
    await scene.page.keyboard.press('Enter');
    assert.equal((await scene.result()).paymentIntent.status, 'succeeded', 'Enter in a field submits the form');
  },

  async 'editing in the middle keeps the caret, and deleting passes the separators'(scene) {
    await scene.open(FORM);
    const number = scene.field('number');
    await number.pressSequentially('42424242');
    for (let step = 0; step < 6; step += 1) await number.press('ArrowLeft');
    await number.press('Backspace');
    await number.press('5');
    assert.equal(await number.inputValue(), '4252 4242');
    assert.equal(await number.evaluate((input) => input.selectionStart), 3);
    const expiry = scene.field('expiry');
    await expiry.pressSequentially('5');
    assert.equal(await expiry.inputValue(), '05 / ');
    for (let step = 0; step < 5; step += 1) await expiry.press('Backspace');
    assert.equal(await expiry.inputValue(), '');
    await expiry.fill('11/2031');
    assert.equal(await expiry.inputValue(), '11 / 31');
    await number.fill('');
    await number.pressSequentially('3782 822463 10005');
    assert.equal(await number.inputValue(), '3782 822463 10005');
    assert.equal(await scene.frame().locator('.Brand .is-hidden').textContent(), 'American Express');
    await scene.field('cvc').pressSequentially('12345');
    assert.equal(await scene.field('cvc').inputValue(), '1234');
  },

  async 'the browser may fill in a card'(scene) {
    await scene.open(FORM);
    const names = ['number', 'expiry', 'cvc', 'country', 'postalCode'];
    const asked = await Promise.all(names.map((name) => scene.field(name).getAttribute('autocomplete')));
    assert.deepEqual(asked, ['cc-number', 'cc-exp', 'cc-csc', 'billing country', 'billing postal-code']);
    for (const label of ['Card number', 'Expiration date', 'Security code', 'Country', 'ZIP code']) {
      assert.equal(await scene.frame().getByLabel(label).count(), 1, label);
    }
  },

  async 'what was typed outlives an update of options'(scene) {
    await scene.open(FORM);
    await scene.type(CARDS.good);
    await scene.page.evaluate(() => {
      const appearance = { variables: { colorText: 'rgb(1, 2, 3)' } };
      window.setOptions({ mode: 'payment', amount: 1099, currency: 'usd', appearance });
    });
    await scene.until('the new colour', () => scene.field('number').evaluate((input) => getComputedStyle(input).color === 'rgb(1, 2, 3)'));
    assert.equal((await scene.paid()).paymentIntent.status, 'succeeded');
  },

  async 'an amount that is updated is the one that is expected'(scene) {
    await scene.open({ ...FORM, intent: { ...FORM.intent, amount: 2000 } });
    await scene.type(CARDS.good);
    await scene.page.evaluate(() => window.setOptions({ mode: 'payment', amount: 2000, currency: 'usd' }));
    assert.equal((await scene.paid()).paymentIntent.amount, 2000);
  },

  async 'addresses and an email go with the payment'(scene) {
    const options = { address: { mode: 'shipping', defaultValues: { name: 'Jenny Rosen', address: { country: 'DE' } } } };
    const show = ['linkAuthentication', 'address', 'payment', 'expressCheckout'];
    await scene.open({ ...FORM, show, options }, { height: 1300 });
    await scene.ready('linkAuthentication', 'address', 'payment');
    const refused = await scene.paid();
    assert.deepEqual([refused.error.type, refused.error.code], ['validation_error', 'incomplete_email']);
    await scene.field('email', 'Secure email input frame').fill('jenny@example.com');
    const address = 'Secure address input frame';
    await scene.field('line1', address).fill('Unter den Linden 1');
    await scene.field('city', address).fill('Berlin');
    await scene.field('postal_code', address).fill('10117');
    await scene.type(CARDS.good);
    assert.deepEqual((await scene.heard('expressCheckout', 'ready')).at(-1), { elementType: 'expressCheckout' });
    await scene.picture('address and email');
    const { paymentIntent } = await scene.paid();
    assert.deepEqual([paymentIntent.shipping.name, paymentIntent.shipping.address.city], ['Jenny Rosen', 'Berlin']);
    const [charge] = (await scene.stripe('GET', 'charges', { payment_intent: paymentIntent.id })).data;
    assert.equal(charge.billing_details.email, 'jenny@example.com');
  },

  async 'there is no wallet, and updates can be asked for'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'paymentRequest', elements: { clientSecret: intent.client_secret } });
    assert.deepEqual(await scene.paid(), { can: null });
    await scene.turn();
    await scene.open({ flow: 'fetchUpdates', elements: { clientSecret: intent.client_secret } });
    assert.deepEqual(await scene.paid(), { updates: {} });
  },

  async 'intents are read by their secrets'(scene) {
    for (const object of ['payment_intents', 'setup_intents']) {
      const intent = await scene.intent(object);
      await scene.open({ flow: 'retrieve', secret: intent.client_secret, show: [] });
      const result = await scene.paid();
      assert.equal((result.paymentIntent ?? result.setupIntent).id, intent.id);
      await scene.turn();
    }
  },

  async 'fields that the page keeps for itself are not shown, and have to be passed'(scene) {
    const options = { payment: { fields: { billingDetails: { address: 'never' } } } };
    await scene.open({ ...FORM, options });
    await scene.type(CARDS.good);
    assert.equal(await scene.field('country').isVisible(), false);
    assert.match((await scene.paid()).thrown.message, /You specified "never" for fields.billing_details.address.country/);
    await scene.turn();
    const passed = { payment_method_data: { billing_details: { address: { country: 'FR', postal_code: '75001' } } } };
    await scene.open({ ...FORM, options, confirm: passed });
    await scene.type(CARDS.good);
    const { paymentIntent } = await scene.paid();
    const [charge] = (await scene.stripe('GET', 'charges', { payment_intent: paymentIntent.id })).data;
    assert.equal(charge.billing_details.address.country, 'FR');
  },
};
