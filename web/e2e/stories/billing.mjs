// The lists and figures of /account/billing and /tokens, and how they look while something is missing.
import assert from 'node:assert/strict';
import { everywhere } from './look.mjs';

export const BILLING_STORIES = {
  async 'reserved and owed tokens are told only while there are any'(scene) {
    const { id } = await scene.member();
    const page = await scene.open();
    await scene.bought('starter');
    await scene.go('/tokens', 'Your AI tokens');
    assert.equal(await page.getByText(/^(Reserved|Owed)$/).count(), 0);
    // More than one request of the plan covers.
    await scene.backend('usage', id, '/api/v1/billing/holds/', { tokens: 5_000 });
    await scene.go('/tokens', 'Your AI tokens');
    await page.getByText('Reserved').waitFor();
    await page.locator('[data-balance]', { hasText: '95,000' }).waitFor();
    await scene.picture('tokens-held');
  },

  async 'tokens that were spent and given back are owed, and the next purchase pays them'(scene) {
    await scene.member();
    await scene.bought('starter');
    for (let i = 0; i < 3; i += 1) await scene.api('POST', '/api/v1/billing/usage/consume/', {});
    await scene.api('POST', '/api/v1/billing/usage/consume/', { tokens: 60_000 });
    const { data } = await scene.api('GET', '/api/v1/billing/tokens/purchases/');
    await scene.stripePost('refunds', { payment_intent: data[0].stripe_payment_intent_id });
    await scene.until('it is taken back', async () => {
      const { debt } = await scene.api('GET', '/api/v1/billing/tokens/balance/');
      return debt > 0;
    });
    const page = await scene.open();
    await scene.go('/tokens', 'Your AI tokens');
    await page.getByText('−60,000').first().waitFor();
    await scene.text('You spent tokens whose payment was given back.').waitFor();
    await scene.picture('tokens-debt', { more: true });
    await scene.go('/account/billing', 'Billing');
    await page.getByText('Owed').waitFor();
    await scene.bought('booster');
    await scene.go('/tokens', 'Your AI tokens');
    await page.locator('[data-balance]', { hasText: '440,000' }).waitFor();
    assert.equal(await page.getByText('Owed').count(), 0);
  },

  async 'usage is a picture, a table, and a file to take along'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    for (let i = 0; i < 6; i += 1) await scene.api('POST', '/api/v1/billing/usage/consume/', {});
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    const usage = page.getByRole('region', { name: 'Usage' });
    await usage.getByRole('meter', { name: 'AI requests of your plan' }).waitFor({ state: 'attached' });
    assert.equal(await usage.getByRole('row').count(), 31, 'thirty days and their heading');
    assert.equal(await usage.getByRole('cell').last().textContent(), '6');
    const csv = usage.getByRole('link', { name: 'Download usage as CSV' });
    assert.equal(await csv.getAttribute('href'), '/api/v1/billing/usage.csv');
  },

  async 'what AI requests were for is a table once there is more than one thing'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const use = (body) => scene.api('POST', '/api/v1/billing/usage/consume/', body);
    for (let i = 0; i < 5; i += 1) await use({ feature: 'essay', model: 'gpt-5-mini' });
    await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    const usage = () => scene.page.getByRole('region', { name: 'Usage' });
    await scene.text('5 AI requests today, 5 this month').waitFor();
    assert.equal(await usage().getByText('What they were for').count(), 0, 'one thing needs no table');
    for (let i = 0; i < 2; i += 1) await use({ feature: 'ai_chat' });
    await use({ feature: 'image', model: 'organisation/a-model-with-a-rather-long-name:2026-11' });
    await everywhere(scene, async () => {
      await scene.go('/account/billing', 'Community Pro');
      const rows = usage().getByRole('table', { name: 'What they were for' }).getByRole('row');
      await rows.last().waitFor();
      assert.deepEqual(await rows.allTextContents(), [
        'FeatureAI requestsTokens',
        'essaygpt-5-mini50',
        'ai_chat20',
        'imageorganisation/a-model-with-a-rather-long-name:2026-1110',
      ]);
      await scene.picture('usage-used-for');
    });
  },

  async 'a long name, seven digits and a second page of history fit'(scene) {
    await scene.member('Maximiliana Wolfeschlegelsteinhausenbergerdorff-Montgomery');
    await scene.bought('power');
    await scene.bought('power');
    for (let i = 0; i < 3; i += 1) await scene.api('POST', '/api/v1/billing/usage/consume/', {});
    for (let i = 0; i < 55; i += 1)
      await scene.api('POST', '/api/v1/billing/usage/consume/', { tokens: 1_000 + i });
    await everywhere(scene, async () => {
      await scene.go('/tokens', 'Your AI tokens');
      await scene.page.locator('[data-balance]', { hasText: /^1,9\d\d,\d{3}$/ }).waitFor();
      await scene.page.getByText(/a day: they run out around/).waitFor();
      await scene.picture('tokens-many');
    });
    const { page } = scene;
    const before = await page.getByRole('row').count();
    await scene.button('Show more').click();
    await scene.until('more is there', async () => (await page.getByRole('row').count()) > before);
    const csv = page.getByRole('link', { name: 'Download history as CSV' });
    assert.equal(await csv.getAttribute('href'), '/api/v1/billing/tokens/history.csv');
  },

  async 'every section of the billing page loads, fails and is tried again on its own'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const page = await scene.open();
    scene.allowed.push(/^Problem: Not Found/);
    let release;
    const held = new Promise((go) => {
      release = go;
    });
    let state = 'loading';
    const paths =
      /\/api\/v1\/billing\/(tokens\/balance|usage|payment-methods|billing-details|invoices|subscription\/changes)\//;
    await page.route(paths, async (route) => {
      if (state === 'loading') await held;
      if (state === 'there') await route.continue();
      else await route.fulfill({ status: 404, body: '{}' });
    });
    await page.goto(`${scene.base}/account/billing`);
    await page.getByRole('heading', { name: 'Community Pro', level: 2 }).waitFor();
    assert.equal(await page.locator('[data-skeleton]').count(), 6);
    await scene.picture('billing-loading', { more: true, loading: true });
    state = 'broken';
    release();
    await scene.until('all have failed', async () => (await scene.button('Try again').count()) === 6);
    await page.getByRole('heading', { name: 'Community Pro', level: 2 }).waitFor();
    await scene.text('Invoices: Something went wrong').waitFor();
    await scene.picture('billing-errors', { more: true });
    state = 'there';
    for (let left = 6; left > 0; left -= 1) {
      await scene.button('Try again').first().click();
      await scene.until('one is there', async () => (await scene.button('Try again').count()) < left);
    }
    await scene.sees('History of your plan');
  },
};
