// Payments that come due: at the end of a trial, refused, waiting for the bank, and mended.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

const TRIAL = { tier_slug: 'community-pro', billing_period: 'quarterly' };
const overview = (scene) => scene.api('GET', '/api/v1/billing/subscription/');

function status(scene, wanted) {
  return scene.until(`it is ${wanted}`, async () => (await overview(scene)).subscription?.status === wanted);
}

// A member in a trial, whose card will not be charged.
async function willFail(scene) {
  await scene.member();
  await scene.api('POST', '/api/v1/billing/subscribe/', {
    ...TRIAL,
    payment_method_id: 'pm_card_chargeCustomerFail',
  });
}

export const PAYMENT_STORIES = {
  async 'a trial ends: it is charged, the plan is active, and its banner is gone'(scene) {
    await scene.member();
    await scene.subscribed('community-pro', { trial: true });
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await page.getByText(/^Your trial ends on /).waitFor();
    await page.getByText('We’ll then charge $54 to the card ending 4242.').waitFor();
    await scene.picture('billing-trial', { more: true });
    await scene.advance(7.2);
    await status(scene, 'active');
    await scene.go('/account/billing', 'Community Pro');
    await page.getByText(/^Your trial ends on /).waitFor({ state: 'detached' });
    await scene.text('Active').waitFor();
    const invoices = page.getByRole('region', { name: 'Invoices' });
    await invoices.getByText('$54.00', { exact: true }).waitFor();
    assert.equal(
      await invoices.getByText('Paid', { exact: true }).count(),
      2,
      'nothing first, then the plan',
    );
  },

  async 'a renewal that failed is paid in place with another card'(scene) {
    await willFail(scene);
    await scene.advance(8);
    await status(scene, 'past_due');
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await page.getByText('Your last payment of $54 failed').waitFor();
    await scene.picture('billing-past-due', { more: true });
    await scene.button('Fix payment').click();
    await scene.sees('Fix your payment');
    await page.getByLabel('Another card').check();
    await scene.field('number').waitFor();
    await scene.picture('fix-payment', { whole: false, more: true });
    await scene.type(CARDS.good);
    await scene.press('Pay $54');
    await page.getByText(/^Your last payment/).waitFor({ state: 'detached' });
    assert.equal((await overview(scene)).subscription.status, 'active');
  },

  async 'after a renewal that failed another card that is kept pays it, once its amount was agreed to'(
    scene,
  ) {
    await willFail(scene);
    await scene.api('POST', '/api/v1/billing/payment-methods/setup/', { payment_method_id: 'pm_card_visa' });
    await scene.advance(8);
    await status(scene, 'past_due');
    const page = await scene.open();
    const invoices = '**/api/v1/billing/invoices/*';
    scene.allowed.push(/^Problem: Lost/);
    await page.route(invoices, (route) =>
      route.fulfill({ status: 404, json: { status: 404, code: 'lost', title: 'Lost' } }),
    );
    await scene.go('/account/billing', 'Community Pro');
    const row = page.getByRole('listitem').filter({ hasText: '4242' });
    await row.getByRole('button', { name: 'Make default' }).click();
    await scene.sees('Fix your payment');
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('alert').waitFor();
    assert.equal(await dialog.getByRole('button', { name: /^Pay/ }).count(), 0, 'no amount, no payment');
    await page.unroute(invoices);
    await dialog.getByRole('button', { name: 'Try again' }).click();
    await dialog.getByRole('button', { name: 'Pay $54' }).waitFor();
    assert.ok(await dialog.getByLabel(/4242/).isChecked(), 'the card that was chosen');
    assert.equal(await dialog.getByLabel(/0341/).count(), 1, 'the one that failed');
    await scene.picture('fix-payment-kept', { whole: false });
    assert.equal((await overview(scene)).subscription.status, 'past_due', 'nothing is charged unasked');
    await scene.press('Pay $54');
    await row.getByText('Pays your plan').waitFor();
    assert.equal((await overview(scene)).subscription.status, 'active');
  },

  async 'after the days of grace the page says what paying brings back'(scene) {
    await willFail(scene);
    await scene.advance(8);
    await status(scene, 'past_due');
    await scene.advance(7);
    await scene.until('grace is over', async () => (await overview(scene)).tier.slug === 'free');
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await page
      .getByText('A payment for Community Pro is open. Pay it and everything is back at once.')
      .waitFor();
    await scene.picture('billing-after-grace');
  },

  async 'a renewal that the bank wants confirmed is confirmed from the banner'(scene) {
    await scene.member();
    const wish = { ...TRIAL, payment_method_id: 'pm_card_authenticationRequired' };
    const first = await scene.api('POST', '/api/v1/billing/subscribe/', wish);
    await scene.confirmed(first.confirm);
    await scene.api('POST', '/api/v1/billing/subscribe/', wish);
    await status(scene, 'trialing');
    await scene.advance(7.2);
    await status(scene, 'past_due');
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await page.getByText('Your bank wants you to confirm a payment of $54').waitFor();
    await scene.picture('billing-confirm', { more: true });
    await scene.button('Confirm payment').click();
    await scene.sees('Confirm your payment');
    const dialog = page.getByRole('dialog');
    assert.ok(await dialog.getByLabel(/3184/).isChecked(), 'the card that is there');
    await scene.picture('confirm-payment', { whole: false, more: true });
    await dialog.getByRole('button', { name: 'Confirm payment' }).press('Enter');
    await scene.challenge(/fail/i);
    await dialog
      .getByRole('alert')
      .getByText(/^Your bank could not confirm/)
      .waitFor();
    await dialog.getByRole('button', { name: 'Confirm payment' }).press('Enter');
    await scene.challenge(/complete|authenticate|succeed/i);
    await page.getByText(/^Your bank wants you/).waitFor({ state: 'detached' });
    assert.equal((await overview(scene)).subscription.status, 'active');
  },
};
