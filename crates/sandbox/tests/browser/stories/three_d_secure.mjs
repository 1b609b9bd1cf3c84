// 3D Secure: the layer, the page that is gone to, passing, failing and giving up.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

async function challenged(scene, card = CARDS.secure, object = 'payment_intents', how = {}) {
  const intent = await scene.intent(object);
  const flow = object === 'payment_intents' ? 'confirmPayment' : 'confirmSetup';
  await scene.open({ flow, elements: { clientSecret: intent.client_secret }, ...how });
  await scene.type(card);
  await scene.pay();
  await scene.challenge().getByRole('button', { name: 'Complete' }).waitFor();
  return intent;
}

// An intent that the server has confirmed, and that sends the payer to a page.
const redirecting = (scene, object, params) =>
  scene.intent(object, {
    payment_method: 'pm_card_threeDSecure2Required', confirm: true, return_url: `${scene.shop}/back?order=7`, ...params,
  });

export const SECURE_STORIES = {
  async '3D Secure is passed in a layer on the body'(scene) {
    await challenged(scene);
    const { parent, text } = await scene.page.evaluate(() => {
      const layer = document.querySelector('dialog[open]');
      return { parent: layer.parentElement.tagName, text: layer.getAttribute('aria-label') };
    });
    assert.deepEqual([parent, text], ['BODY', '3D Secure authentication']);
    assert.match(await scene.challenge().locator('#wish').textContent(), /\$10\.99/);
    await scene.picture('3D Secure');
    await scene.answer('Complete');
    assert.equal((await scene.result()).paymentIntent.status, 'succeeded');
    assert.equal(await scene.page.locator('dialog').count(), 0);
  },

  async '3D Secure is failed, and tried again with another card'(scene) {
    await challenged(scene);
    await scene.answer('Fail');
    const { error } = await scene.result();
    assert.deepEqual([error.type, error.code], ['invalid_request_error', 'payment_intent_authentication_failure']);
    assert.equal(error.payment_intent.status, 'requires_payment_method');
    await scene.field('number').fill('');
    await scene.type(CARDS.good);
    assert.equal((await scene.paid()).paymentIntent.status, 'succeeded');
  },

  async 'Escape gives 3D Secure up'(scene) {
    const intent = await challenged(scene);
    await scene.page.keyboard.press('Escape');
    assert.equal((await scene.result()).error.code, 'payment_intent_authentication_failure');
    assert.equal((await scene.stripe('GET', `payment_intents/${intent.id}`)).status, 'requires_payment_method');
  },

  async 'the focus stays in the layer, and comes back after it'(scene) {
    // A button that is disabled meanwhile could not get it back.
    await challenged(scene, CARDS.secure, 'payment_intents', { twice: true });
    const places = new Set();
    for (let step = 0; step < 8; step += 1) {
      places.add(await scene.page.evaluate(() => document.activeElement?.closest('dialog, body')?.tagName ?? 'none'));
      const inner = await scene.page.evaluate(() => document.activeElement?.tagName);
      assert.ok(['IFRAME', 'BODY', 'DIALOG'].includes(inner), `the focus is on ${inner}`);
      await scene.page.keyboard.press('Tab');
    }
    assert.ok(places.has('DIALOG'));
    await scene.answer('Complete');
    await scene.result();
    const back = await scene.page.evaluate(() => document.activeElement.tagName);
    assert.equal(back, 'BUTTON');
  },

  async 'the layer is above a dialog of the page that is open itself'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', elements: { clientSecret: intent.client_secret } });
    await scene.field('number').waitFor();
    // As dialogs do that close off everything else. Moving the form into one loads its frame anew.
    await scene.page.evaluate(() => {
      const dialog = Object.assign(document.createElement('dialog'), { style: 'pointer-events: auto' });
      dialog.append(document.querySelector('#root'));
      document.body.append(dialog);
      document.body.style.pointerEvents = 'none';
      dialog.showModal();
    });
    await scene.type(CARDS.secure);
    await scene.pay();
    await scene.answer('Complete');
    assert.equal((await scene.result()).paymentIntent.status, 'succeeded');
  },

  async 'a card that passes 3D Secure can be declined after it'(scene) {
    await challenged(scene, CARDS.secureDeclined);
    await scene.answer('Complete');
    const { error } = await scene.result();
    assert.deepEqual([error.type, error.code], ['card_error', 'card_declined']);
  },

  async 'a card is authenticated when it is set up'(scene) {
    await challenged(scene, CARDS.secure, 'setup_intents');
    await scene.answer('Complete');
    assert.equal((await scene.result()).setupIntent.status, 'succeeded');
  },

  async 'a setup fails with its own code'(scene) {
    await challenged(scene, CARDS.secure, 'setup_intents');
    await scene.answer('Fail');
    const { error } = await scene.result();
    assert.deepEqual([error.code, error.setup_intent.status], ['setup_intent_authentication_failure', 'requires_payment_method']);
  },

  async 'with redirect always 3D Secure comes first'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', redirect: 'always', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.secure);
    await scene.pay();
    await scene.answer('Complete');
    await scene.page.waitForURL('**/back?**');
    assert.equal(new URL(scene.page.url()).searchParams.get('payment_intent'), intent.id);
  },

  async 'what the server has confirmed is authenticated by handleNextAction'(scene) {
    const params = { payment_method: 'pm_card_threeDSecure2Required', confirm: true, use_stripe_sdk: true };
    for (const [flow, object] of [['handleNextAction', 'payment_intents'], ['handleNextAction', 'setup_intents'], ['handleCardAction', 'payment_intents']]) {
      const intent = await scene.intent(object, params);
      await scene.open({ flow, secret: intent.client_secret, show: ['card'] });
      await scene.ready('card');
      await scene.pay();
      await scene.answer('Complete');
      const result = await scene.result();
      assert.equal((result.paymentIntent ?? result.setupIntent).status, 'succeeded', JSON.stringify(result));
      await scene.turn();
    }
  },

  async 'a redirect to the page of the bank and back ends in success'(scene) {
    const intent = await redirecting(scene, 'payment_intents');
    assert.equal(intent.next_action.type, 'redirect_to_url');
    await scene.open({ flow: 'handleNextAction', secret: intent.client_secret, show: [] });
    await scene.pay();
    await scene.page.waitForURL(`${scene.base}/3d_secure_2/hosted?**`);
    await scene.picture('3D Secure as a page');
    await scene.page.getByRole('button', { name: 'Complete' }).click();
    await scene.page.waitForURL('**/back?**');
    const back = Object.fromEntries(new URL(scene.page.url()).searchParams);
    assert.deepEqual(back, {
      order: '7', payment_intent: intent.id, payment_intent_client_secret: intent.client_secret, redirect_status: 'succeeded',
    });
    assert.equal((await scene.stripe('GET', `payment_intents/${intent.id}`)).status, 'succeeded');
    await scene.page.goBack();
    await scene.page.getByRole('heading', { name: 'Nothing to authenticate' }).waitFor();
  },

  async 'a redirect that fails comes back too'(scene) {
    const intent = await redirecting(scene, 'setup_intents');
    await scene.open({ flow: 'handleNextAction', secret: intent.client_secret, show: [] });
    await scene.pay();
    await scene.page.getByRole('button', { name: 'Fail' }).click();
    await scene.page.waitForURL('**/back?**');
    const back = new URL(scene.page.url()).searchParams;
    assert.deepEqual([back.get('redirect_status'), back.get('setup_intent')], ['failed', intent.id]);
    assert.equal((await scene.stripe('GET', `setup_intents/${intent.id}`)).last_setup_error.code, 'setup_intent_authentication_failure');
  },
};
