// Which scripts the browser runs for us: those of the mode, and no others.
import assert from 'node:assert/strict';
import { startServer } from '../server.mjs';

const STRIPE = 'https://js.stripe.com/**';

// Puts a script into the page, as somebody would who has found a way to; answers what the browser refused, if it did.
const tries = (page, how) =>
  page.evaluate(
    ({ src, text }) =>
      new Promise((done) => {
        const refused = ({ blockedURI }) => done(blockedURI);
        document.addEventListener('securitypolicyviolation', refused, { once: true });
        const script = document.createElement('script');
        if (src) script.src = src;
        else script.text = text;
        script.onload = () => done('ran');
        script.onerror = () => setTimeout(() => done('failed'), 500);
        document.head.append(script);
      }),
    how,
  );

export const POLICY_STORIES = {
  async 'in the sandbox neither a script of Stripe runs nor one that was put into the page'(scene) {
    const page = await scene.open();
    scene.allowed.push(/Content Security Policy/);
    await scene.go('/pricing', 'Pick the plan');
    assert.equal(
      await tries(page, { src: 'https://js.stripe.com/endive/stripe.js' }),
      'https://js.stripe.com/endive/stripe.js',
    );
    assert.equal(await tries(page, { text: 'window.found = true' }), 'inline');
    assert.equal(await page.evaluate(() => window.found), undefined);
    assert.deepEqual(scene.foreign, [], 'nothing was asked for');
  },

  async 'with keys of Stripe its own script is loaded from its own host, and still no other'(scene) {
    const server = await startServer(scene.binary, `${scene.pictures}/server-test-mode.log`, {
      STRIPE_SECRET_KEY: 'sk_test_policy',
      STRIPE_PUBLISHABLE_KEY: 'pk_test_policy',
      STRIPE_API_BASE: scene.sandbox,
    });
    try {
      Object.assign(scene, { base: server.base, port: server.port });
      await scene.member();
      const page = await scene.open();
      scene.allowed.push(/Content Security Policy/);
      // There is no way to Stripe from here: what its script does first, stands in for it.
      let asked = 0;
      await page.route(STRIPE, (route) => {
        asked += 1;
        route.fulfill({
          contentType: 'text/javascript',
          body: 'window.stripesOwn = true; window.Stripe = () => null;',
        });
      });
      await scene.go('/pricing', 'Pick the plan');
      await scene.text('Test mode').waitFor();
      await page.getByRole('button', { name: 'Start Free Trial' }).click();
      await page.waitForFunction(() => window.stripesOwn === true);
      assert.ok(asked > 0);
      assert.equal(
        await tries(page, { src: 'https://elsewhere.example/stripe.js' }),
        'https://elsewhere.example/stripe.js',
      );
      assert.equal(await tries(page, { text: 'window.found = true' }), 'inline');
      scene.foreign = scene.foreign.filter((url) => !url.startsWith('https://js.stripe.com/'));
    } finally {
      server.stop();
    }
  },
};
