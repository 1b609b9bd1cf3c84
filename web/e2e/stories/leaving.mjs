// Going away in the midst of something.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

export const LEAVING_STORIES = {
  async 'the browser’s Back does not take the dialog away while it pays'(scene) {
    await scene.member();
    const page = await scene.open();
    let letThrough;
    const held = new Promise((release) => {
      letThrough = release;
    });
    await page.route('**/api/v1/billing/subscribe/', async (route) => {
      await held;
      await route.continue();
    });
    await scene.go('/account/billing', 'Billing');
    await page.getByRole('link', { name: 'Pricing' }).click();
    await scene.sees('Pick the plan');
    await page.getByRole('link', { name: 'Start Free Trial' }).or(scene.button('Start Free Trial')).click();
    await scene.sees('Try Community Pro free');
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    const asked = page.waitForRequest('**/api/v1/billing/subscribe/');
    await scene.press('Start Trial');
    await asked;
    await page.evaluate(
      () =>
        new Promise((done) => {
          window.addEventListener('popstate', () => setTimeout(done, 200), { once: true });
          window.history.back();
        }),
    );
    assert.equal(await page.getByRole('dialog').count(), 1, 'the dialog is gone');
    assert.equal(new URL(page.url()).pathname, '/pricing');
    letThrough();
    await page.waitForURL(/\/account\/billing/);
    await scene.sees('Billing', 1);
    const said = page.locator('[data-announcer]', { hasText: /./ });
    await said.waitFor({ state: 'attached' });
    await scene.until('focus is on the page', () =>
      page.evaluate(() => document.activeElement !== document.body),
    );
  },

  async 'on another page the keyboard begins at its content, and its name is announced'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.go('/pricing', 'Pick the plan');
    assert.equal(await page.locator('[data-announcer]').textContent(), '', 'the first page is read anyway');
    await page.getByRole('link', { name: 'Tokens' }).first().click();
    await scene.sees('Your AI tokens');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    await page.locator('[data-announcer]', { hasText: 'Tokens' }).waitFor({ state: 'attached' });
  },
};
