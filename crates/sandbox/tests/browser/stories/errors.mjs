// What goes wrong is answered with `{error}`; what is wrongly used is thrown.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

async function faults(scene, rules) {
  const answer = await fetch(`${scene.base}/_sandbox/faults`, { method: 'POST', body: JSON.stringify({ seed: 1, rules }) });
  assert.equal(answer.status, 200);
}

// A scene whose sandbox misbehaves, and behaves again whatever comes.
async function troubled(scene, rules, work) {
  await faults(scene, rules);
  try {
    await work();
  } finally {
    await faults(scene, []);
  }
}

export const ERROR_STORIES = {
  async 'a wrong key is an error at loading and at confirming'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', key: 'pk_live_nothing', elements: { clientSecret: intent.client_secret } });
    const [{ error }] = await scene.until('loaderror', async () => {
      const heard = await scene.heard('payment', 'loaderror');
      return heard.length ? heard : null;
    });
    assert.match(error.message, /^Invalid API Key provided/);
    assert.equal((await scene.heard('payment', 'ready')).length, 0);
    await scene.type(CARDS.good);
    assert.match((await scene.paid()).error.message, /^Invalid API Key provided/);
  },

  async 'a secret key is not taken'(scene) {
    await scene.open({ bare: true, show: [] });
    const said = await scene.page.evaluate(() => {
      try {
        return window.Stripe('sk_test_sandbox');
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    });
    assert.match(said, /^IntegrationError: You should not use your secret key/);
    assert.equal(await scene.page.evaluate(() => window.Stripe.version), 'endive');
  },

  async 'a wrong secret is an error, and one that is none is thrown'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', elements: { clientSecret: `${intent.client_secret}x` } });
    await scene.until('loaderror', async () => (await scene.heard('payment', 'loaderror')).length);
    await scene.type(CARDS.good);
    const { error } = await scene.paid();
    assert.deepEqual([error.type, error.param], ['invalid_request_error', 'client_secret']);
    await scene.turn();
    await scene.open({ flow: 'retrieve', secret: 'nonsense', show: [] });
    const { thrown } = await scene.paid();
    assert.equal(thrown.name, 'IntegrationError');
  },

  async 'without a connection there is an error, and afterwards it works'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.good);
    scene.expected = [/ERR_INTERNET_DISCONNECTED/];
    await scene.context.setOffline(true);
    assert.equal((await scene.paid()).error.type, 'api_connection_error');
    await scene.context.setOffline(false);
    assert.equal((await scene.paid()).paymentIntent.status, 'succeeded');
  },

  async 'a failure of the server is an error of its type'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.good);
    scene.expected = [/status of 500/];
    await troubled(scene, [{ target: 'request', share: 1, status: 500, path: '/v1/payment_intents' }], async () => {
      assert.equal((await scene.paid()).error.type, 'api_error');
    });
    assert.equal((await scene.paid()).paymentIntent.status, 'succeeded');
  },

  async 'a session that cannot be had is an error at loading'(scene) {
    scene.expected = [/status of 503/];
    await troubled(scene, [{ target: 'request', share: 1, status: 503, path: '/v1/elements/sessions' }], async () => {
      await scene.open({ flow: 'deferred', elements: { mode: 'payment', amount: 1099, currency: 'usd' } });
      await scene.until('loaderror', async () => (await scene.heard('payment', 'loaderror')).length);
      assert.equal((await scene.heard('payment', 'ready')).length, 0);
    });
  },

  async 'a frame that cannot be loaded is an error at loading, and of every call'(scene) {
    const intent = await scene.intent();
    scene.expected = [/ERR_FAILED|Failed to load resource/];
    const open = scene.browser.newContext.bind(scene.browser);
    const browser = { newContext: async (options) => {
      const context = await open(options);
      await context.route('**/elements/frame*', (route) => route.abort());
      return context;
    } };
    scene.browser = browser;
    await scene.open({ flow: 'confirmPayment', elements: { clientSecret: intent.client_secret } });
    const [{ error }] = await scene.until('loaderror', async () => {
      const heard = await scene.heard('payment', 'loaderror');
      return heard.length ? heard : null;
    });
    assert.equal(error.type, 'api_connection_error');
    assert.equal((await scene.paid()).error.type, 'api_connection_error');
  },

  async 'a second confirmation while one is on its way is refused'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'twice', elements: { clientSecret: intent.client_secret } });
    await scene.type(CARDS.good);
    const { first, second } = await scene.paid();
    assert.equal(first.paymentIntent.status, 'succeeded');
    assert.match(second.error.message, /^You have an in-flight confirmPayment\(\)/);
    const charges = await scene.stripe('GET', 'charges', { payment_intent: intent.id });
    assert.equal(charges.data.length, 1);
    const { error } = (await scene.paid()).first;
    assert.equal(error.code, 'payment_intent_unexpected_state');
    assert.equal(error.payment_intent.status, 'succeeded');
  },

  async 'a deferred intent is not confirmed before submit'(scene) {
    const intent = await scene.intent();
    await scene.open({ flow: 'confirmPayment', elements: { mode: 'payment', amount: 1099, currency: 'usd' } });
    await scene.type(CARDS.good);
    assert.match((await scene.paid()).thrown.message, /pass a clientSecret/);
    await scene.turn();
    await scene.open({
      flow: 'handleNextAction', secret: intent.client_secret, show: [],
    });
    assert.match((await scene.paid()).thrown.message, /not in the requires_action state/);
  },
};
