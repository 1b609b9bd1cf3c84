// What a subscriber sees and does.
import assert from 'node:assert/strict';
import { everywhere } from './look.mjs';

export const BILLING_STORIES = {
  async 'a plan is canceled with its consequences told, and resumed'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await scene.button('Cancel subscription').click();
    await scene.sees('Cancel Community Pro?');
    await scene.text('What you will lose').waitFor();
    await scene.text('Private projects').waitFor();
    await scene.picture('cancel', { whole: false });
    await page.getByLabel('Why do you cancel? (optional)').selectOption('too_expensive');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel subscription' }).click();
    await page.getByText(/^Community Pro ends on /).waitFor();
    await scene.picture('billing-canceling');
    const { subscription, tier } = await scene.api('GET', '/api/v1/billing/subscription/');
    assert.ok(subscription.cancel_at);
    assert.equal(tier.slug, 'community-pro', 'access lasts until then');
    await scene.button('Keep my plan').click();
    await page.getByText(/^Community Pro ends on /).waitFor({ state: 'detached' });
    assert.equal((await scene.api('GET', '/api/v1/billing/subscription/')).subscription.cancel_at, null);
  },

  async 'usage is counted: today, this month, and against the allowance'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    for (let i = 0; i < 45; i += 1) await scene.api('POST', '/api/v1/billing/usage/consume/', {});
    await everywhere(scene, async () => {
      await scene.go('/account/billing', 'Community Pro');
      await scene.text('45 AI requests today, 45 this month').waitFor();
      await scene.text(/^45 of 200, resets /).waitFor();
      await scene.picture('billing-active');
    });
  },
};
