// States that a page is seldom in, each of them really.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CARDS, VIEWS } from '../scene.mjs';
import { startServer } from '../server.mjs';

const CATALOG = join(import.meta.dirname, '../../../catalog.toml');

// A server whose catalog differs; the story goes on there.
async function withCatalog(scene, change, story) {
  const path = join(scene.pictures, 'catalog.toml');
  const changed = change(readFileSync(CATALOG, 'utf8'));
  writeFileSync(path, changed);
  const server = await startServer(scene.binary, `${scene.pictures}/server-catalog.log`, { CATALOG: path });
  try {
    Object.assign(scene, server);
    await story();
  } finally {
    server.stop();
  }
}

const replaced = (text, from, to) => {
  assert.ok(text.includes(from), `${from} is not in the catalog`);
  return text.replace(from, to);
};

export const STATE_STORIES = {
  async 'while a page loads, what will be there has its place'(scene) {
    await scene.member();
    const page = await scene.open();
    for (const path of ['/pricing', '/tokens', '/account/billing', '/ai']) {
      await page.route('**/api/v1/billing/**', () => {});
      await page.goto(`${scene.base}${path}`);
      await page.locator('[data-skeleton]').first().waitFor();
      const name = path.split('/').at(-1);
      await scene.picture(`loading-${name}`, { more: true, loading: true });
      await page.unroute('**/api/v1/billing/**');
    }
  },

  async 'a first payment that was not completed is led to'(scene) {
    await scene.member();
    const card = { payment_method_id: 'pm_card_threeDSecure2Required' };
    const order = { tier_slug: 'pro-learn', billing_period: 'quarterly', trial: false, ...card };
    const { subscription } = await scene.api('POST', '/api/v1/billing/subscribe/', order);
    assert.equal(subscription.status, 'incomplete');
    const page = await scene.open();
    await scene.go('/account/billing', 'Pro Learn');
    await scene.text('Your first payment for Pro Learn is not complete').waitFor();
    await scene.picture('billing-incomplete', { more: true });
    await page.getByRole('link', { name: 'Finish paying' }).first().click();
    await scene.sees('Subscribe to Pro Learn');
    await page.getByLabel('Another card').check();
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    await scene.press('Pay $105');
    await page.waitForURL(/\/account\/billing/);
    await scene.text('Welcome to Pro Learn').waitFor();
  },

  async 'while sales are paused nothing can be bought, and the pages say so'(scene) {
    await scene.member();
    const page = await scene.open();
    scene.operate('sales', 'pause', '--reason', 'a wrong price');
    try {
      await scene.go('/pricing', 'Pick the plan');
      await scene.text('New subscriptions and purchases are paused').waitFor();
      assert.ok(await scene.button('Start Free Trial').isDisabled());
      await scene.picture('pricing-paused', { more: true });
      await scene.go('/tokens', 'Your AI tokens');
      assert.ok(await scene.button('Buy for $5').isDisabled());
      await scene.picture('tokens-paused', { more: true });
    } finally {
      scene.operate('sales', 'resume', '--reason', 'the price is right');
    }
    await page.reload();
    await scene.sees('Your AI tokens');
    assert.ok(await scene.button('Buy for $5').isEnabled());
  },

  async 'where the operator asks for consent, nothing is bought without it'(scene) {
    const asks = (text) => replaced(text, 'required = false', 'required = true');
    await withCatalog(scene, asks, async () => {
      await scene.member();
      const page = await scene.open();
      await scene.go('/pricing?subscribe=pro-learn', 'Subscribe to Pro Learn');
      await scene.field('number').waitFor();
      await scene.type(CARDS.good);
      const pay = scene.button('Pay $105');
      assert.ok(await pay.isDisabled());
      await page.getByLabel('I agree to the terms of service.').check();
      assert.ok(await pay.isDisabled(), 'the renewal is agreed to too');
      await scene.picture('subscribe-consent', { whole: false, more: true });
      await page.getByLabel('I agree that it renews, and is paid, until I cancel.').check();
      await scene.press('Pay $105');
      await page.waitForURL(/\/account\/billing/);
      await scene.text('Welcome to Pro Learn').waitFor();
    });
  },

  async 'a card that had its trial is told so, and charged only when it is asked again'(scene) {
    const once = (text) => replaced(text, 'once_per_card = "live"', 'once_per_card = true');
    await withCatalog(scene, once, async () => {
      await scene.member();
      await scene.subscribed('community-pro', { trial: true });
      scene.token = null;
      await scene.member();
      const page = await scene.open();
      await scene.go('/pricing?subscribe=community-pro', 'Try Community Pro free');
      await scene.field('number').waitFor();
      await scene.type(CARDS.good);
      await scene.press('Start Trial');
      await scene.text('The free trial was used before').waitFor();
      await scene.text('Nothing was charged. Without a trial, $54 is due today.').waitFor();
      await scene.picture('subscribe-trial-used', { whole: false, more: true });
      assert.equal((await scene.api('GET', '/api/v1/billing/subscription/')).subscription, null);
      await scene.press('Pay $54');
      await page.waitForURL(/\/account\/billing/);
      const { subscription } = await scene.api('GET', '/api/v1/billing/subscription/');
      assert.equal(subscription.status, 'active');
    });
  },

  async 'an upgrade that the bank declines changes nothing, and is told in place'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const { customer } = await scene.stripe(
      `subscriptions/${(await scene.api('GET', '/api/v1/billing/subscription/')).subscription.stripe_subscription_id}`,
    );
    const card = await scene.stripePost('payment_methods/pm_card_chargeCustomerFail/attach', { customer });
    await scene.api('POST', `/api/v1/billing/payment-methods/${card.id}/default/`, {});
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await scene.button('Upgrade to Pro Learn').click();
    await scene.sees('Switch to Pro Learn');
    await page.getByRole('checkbox').check();
    await page.getByRole('button', { name: /^Switch and pay/ }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('Your card was declined').waitFor();
    await alert.getByText('You were not charged.').waitFor();
    await scene.picture('change-plan-declined', { whole: false, more: true });
    assert.equal((await scene.api('GET', '/api/v1/billing/subscription/')).tier.slug, 'community-pro');
  },

  async 'a card form that does not load says so, and loads when it is tried again'(scene) {
    await scene.member();
    const page = await scene.open();
    scene.allowed.push(/ERR_FAILED/);
    const frames = `http://elements.localhost:${scene.sandboxPort}/**`;
    await page.route(frames, (route) => route.abort());
    await scene.go('/pricing?subscribe=pro-learn', 'Subscribe to Pro Learn');
    await page.getByRole('alert').getByText('The card form did not load.').waitFor({ timeout: 30_000 });
    await scene.picture('subscribe-no-form', { whole: false, more: true });
    await page.unroute(frames);
    await scene.button('Try again').click();
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    await scene.press('Pay $105');
    await page.waitForURL(/\/account\/billing/);
  },

  async 'who is invited is told so'(scene) {
    await scene.member();
    scene.operate('users', 'invite', scene.email);
    await scene.open();
    await scene.go('/pricing', 'Pick the plan');
    await scene.text('You are invited').waitFor();
    await scene.picture('pricing-invited', { more: true });
  },

  async 'the bank’s challenge stands above the dialog at every size'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.go('/pricing?subscribe=pro-learn', 'Subscribe to Pro Learn');
    await scene.field('number').waitFor();
    await scene.type(CARDS.secure);
    await scene.press('Pay $105');
    const layer = page.locator('iframe[title="3D Secure authentication challenge"]');
    await layer.waitFor();
    for (const view of VIEWS) {
      await scene.turnTo(view);
      const box = await layer.boundingBox();
      assert.ok(box.width > 300 && box.x >= 0 && box.x + box.width <= view.size, JSON.stringify(box));
      await page.screenshot({ path: join(scene.pictures, `subscribe-3ds-${view.size}-${view.theme}.png`) });
    }
    await scene.challenge(/complete|authenticate|succeed/i);
    await page.waitForURL(/\/account\/billing/);
  },
};
