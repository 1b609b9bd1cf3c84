// The token shop.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';
import { everywhere } from './look.mjs';

export const TOKEN_STORIES = {
  async 'tokens are bought with a new card, after one that was declined, in one purchase'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.go('/tokens', 'Your AI tokens');
    await scene.button('Buy for $5').click();
    await scene.sees('Buy Starter');
    await scene.field('number').waitFor();
    await scene.type(CARDS.declined);
    await scene.press('Pay $5');
    await page.getByRole('alert').getByText('Your card was declined.').waitFor();
    await scene.picture('purchase-declined', { whole: false, more: true });
    await scene.field('number').fill('');
    await scene.type(CARDS.good);
    await scene.press('Pay $5');
    await page.getByText('100,000 tokens are in your balance').waitFor();
    await scene.picture('purchase-done', { whole: false });
    await scene.button('Done').click();
    await page.locator('[data-balance]', { hasText: '100,000' }).waitFor();
    await page.getByRole('cell', { name: '+100,000' }).waitFor();
    const { data } = await scene.api('GET', '/api/v1/billing/tokens/purchases/');
    assert.equal(data.length, 1, 'the second card paid the first purchase');
  },

  async '3D Secure for tokens is answered above the dialog'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.go('/tokens', 'Your AI tokens');
    await scene.button('Buy for $20').click();
    await scene.field('number').waitFor();
    await scene.type(CARDS.secure);
    await scene.press('Pay $20');
    await scene.challenge(/complete|authenticate|succeed/i);
    await page.getByText('500,000 tokens are in your balance').waitFor();
  },

  async 'a member without a plan buys with the card that was kept'(scene) {
    await scene.member();
    await scene.api('POST', '/api/v1/billing/payment-methods/setup/', { payment_method_id: 'pm_card_visa' });
    const page = await scene.open();
    await scene.go('/tokens', 'Your AI tokens');
    await scene.button('Buy for $20').click();
    await page.getByLabel('Visa •••• 4242').waitFor();
    assert.ok(await page.getByLabel('Visa •••• 4242').isChecked());
    await scene.press('Pay $20');
    await page.getByText('500,000 tokens are in your balance').waitFor();
  },

  async 'a subscriber buys with the card that is there, and sees balance, history and projection'(scene) {
    await scene.member('Maximiliana Wolfeschlegelsteinhausenbergerdorff-Montgomery');
    await scene.subscribed('pro-learn');
    const page = await scene.open();
    await scene.go('/tokens', 'Your AI tokens');
    await scene.button('Buy for $35').click();
    await page.getByLabel('Visa •••• 4242').waitFor();
    await scene.settled();
    await scene.picture('purchase-saved-card', { whole: false, more: true });
    await scene.press('Pay $35');
    await page.getByText('1,000,000 tokens are in your balance').waitFor();
    await scene.bought('power');
    await everywhere(scene, async () => {
      await scene.go('/tokens', 'Your AI tokens');
      await scene.page.locator('[data-balance]', { hasText: '2,000,000' }).waitFor();
      await scene.picture('tokens');
    });
  },

  async 'sections fail alone, and can be tried again'(scene) {
    await scene.member();
    const page = await scene.open();
    scene.allowed.push(/^Problem: Not Found/);
    let broken = true;
    await page.route('**/tokens/history/**', (route) =>
      broken ? route.fulfill({ status: 404, body: '{}' }) : route.continue(),
    );
    await page.goto(`${scene.base}/tokens`);
    await scene.button('Try again').waitFor();
    await page.locator('[data-balance]').waitFor();
    await scene.picture('tokens-error');
    broken = false;
    await scene.button('Try again').click();
    await scene.text('What you buy and use will be listed here.').waitFor();
  },
};
