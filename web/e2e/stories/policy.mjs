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

// The browser tells of a request before its policy refuses it.
function forgetRefused(scene) {
  const tried = ['https://js.stripe.com/', 'https://elsewhere.example/'];
  scene.foreign = scene.foreign.filter((url) => !tried.some((start) => url.startsWith(start)));
}

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
    forgetRefused(scene);
  },

  async 'with keys of Stripe its own script is loaded from its own host, and still no other'(scene) {
    // Its clock is the wall's, so it needs a Stripe whose clock nobody has moved.
    const stripe = await startServer(scene.binary, `${scene.pictures}/server-stripe.log`);
    const server = await startServer(scene.binary, `${scene.pictures}/server-test-mode.log`, {
      STRIPE_SECRET_KEY: 'sk_test_policy',
      STRIPE_PUBLISHABLE_KEY: 'pk_test_policy',
      STRIPE_API_BASE: stripe.sandbox,
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
          body: 'window.stripesOwn = true; window.Stripe = Object.assign(() => null, { version: "endive" });',
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
      forgetRefused(scene);
    } finally {
      server.stop();
      stripe.stop();
    }
  },
};
