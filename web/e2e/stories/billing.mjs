// What a subscriber sees and does.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';
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
    await scene.picture('cancel', { whole: false, more: true });
    await page.getByLabel('Why do you cancel? (optional)').selectOption('too_expensive');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel subscription' }).click();
    await page.getByText(/^Community Pro ends on /).waitFor();
    await scene.picture('billing-canceling', { more: true });
    const { subscription, tier } = await scene.api('GET', '/api/v1/billing/subscription/');
    assert.ok(subscription.cancel_at);
    assert.equal(tier.slug, 'community-pro', 'access lasts until then');
    await scene.button('Keep my plan').click();
    await page.getByText(/^Community Pro ends on /).waitFor({ state: 'detached' });
    assert.equal((await scene.api('GET', '/api/v1/billing/subscription/')).subscription.cancel_at, null);
  },

  async 'an upgrade charges exactly what was shown, once it was agreed to'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const page = await scene.open();
    await scene.go('/pricing', 'Pick the plan');
    await scene.button('Upgrade').click();
    await scene.sees('Switch to Pro Learn');
    const pay = page.getByRole('button', { name: /^Switch and pay \$/ });
    assert.ok(await pay.isDisabled(), 'a charge is agreed to first');
    await scene.text('What you will gain').waitFor();
    await page.getByRole('checkbox').check();
    await scene.picture('change-plan', { whole: false, more: true });
    const shown = Math.round(Number((await pay.textContent()).replace(/[^\d.]/g, '')) * 100);
    await pay.click();
    await page.waitForURL(/\/account\/billing/);
    await scene.sees('Pro Learn');
    const { subscription } = await scene.api('GET', '/api/v1/billing/subscription/');
    const { latest_invoice } = await scene.stripe(`subscriptions/${subscription.stripe_subscription_id}`);
    assert.equal((await scene.stripe(`invoices/${latest_invoice}`)).amount_paid, shown);
    await page
      .getByRole('link', { name: /^Invoice .* as PDF$/ })
      .first()
      .waitFor();
    await scene.picture('billing-upgraded');
  },

  async 'a downgrade waits for its date, and can be undone until then'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const page = await scene.open();
    await scene.go('/pricing', 'Pick the plan');
    await page
      .getByRole('region', { name: 'Community Pro' })
      .getByRole('button', { name: /^Switch on/ })
      .click();
    await scene.sees('Switch to Community Pro');
    await scene.text('What you will lose').waitFor();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Switch on/ })
      .click();
    await page.waitForURL(/\/account\/billing/);
    await page.getByText(/^Your plan changes to Community Pro on /).waitFor();
    await scene.picture('billing-changing', { more: true });
    await scene.button('Keep it as it is').click();
    await page.getByText(/^Your plan changes to /).waitFor({ state: 'detached' });
    assert.equal(
      (await scene.api('GET', '/api/v1/billing/subscription/')).subscription.scheduled_change,
      null,
    );
  },

  async 'a renewal that failed is paid in place with another card'(scene) {
    await scene.member();
    await scene.api('POST', '/api/v1/billing/subscribe/', {
      tier_slug: 'community-pro',
      billing_period: 'quarterly',
      payment_method_id: 'pm_card_chargeCustomerFail',
    });
    await scene.advance(8);
    await scene.until('the payment failed', async () => {
      const { subscription } = await scene.api('GET', '/api/v1/billing/subscription/');
      return subscription?.status === 'past_due';
    });
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await page.getByText('Your last payment failed').waitFor();
    await scene.picture('billing-past-due', { more: true });
    await scene.button('Fix payment').click();
    await scene.sees('Fix your payment');
    await page.getByLabel('Another card').check();
    await scene.field('number').waitFor();
    await scene.picture('fix-payment', { whole: false, more: true });
    await scene.type(CARDS.good);
    await scene.press('Pay now');
    await page.getByText('Your last payment failed').waitFor({ state: 'detached' });
    assert.equal((await scene.api('GET', '/api/v1/billing/subscription/')).subscription.status, 'active');
  },

  async 'another card takes the place of the one that pays'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const page = await scene.open();
    await scene.go('/account/billing', 'Pro Learn');
    await scene.button('Update card').click();
    await scene.sees('Update your card');
    await scene.field('number').waitFor();
    await scene.type('5555555555554444');
    await scene.press('Save card');
    await page.getByText('Mastercard •••• 4444').waitFor();
    const { data } = await scene.api('GET', '/api/v1/billing/payment-methods/');
    assert.deepEqual(
      data.map(({ last4, is_default }) => ({ last4, is_default })),
      [{ last4: '4444', is_default: true }],
    );
  },

  async 'a member applies for the plan that is by invitation'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.go('/pricing', 'Pick the plan');
    await scene.button('Apply to join').click();
    await page.getByLabel('Your message (optional)').fill('I teach watercolour.');
    await scene.picture('apply', { whole: false });
    await scene.press('Send application');
    await scene.text('Application sent').waitFor();
    assert.equal((await scene.api('GET', '/api/v1/billing/invitation/')).invitation.state, 'applied');
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
