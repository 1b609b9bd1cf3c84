// Saved cards, and to whom invoices are made out.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

const kept = async (scene) =>
  (await scene.api('GET', '/api/v1/billing/payment-methods/')).data.map(({ last4, is_default }) => ({
    last4,
    is_default,
  }));

export const CARD_STORIES = {
  async 'another card takes the place of the one that pays'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const page = await scene.open();
    await scene.go('/account/billing', 'Pro Learn');
    const cards = page.getByRole('region', { name: 'Payment methods' });
    await cards.getByRole('button', { name: 'Replace' }).click();
    await scene.sees('Update your card');
    await scene.field('number').waitFor();
    await scene.type('5555555555554444');
    await scene.picture('card-replace', { whole: false, more: true });
    await scene.press('Save card');
    await cards.getByText('Mastercard •••• 4444').waitFor();
    assert.deepEqual(await kept(scene), [{ last4: '4444', is_default: true }]);
  },

  async 'cards are added, made the one that pays, and removed; the one that pays is not'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    const cards = page.getByRole('region', { name: 'Payment methods' });
    const row = (name) => cards.getByRole('listitem').filter({ hasText: name });
    await scene.button('Add a card').click();
    await scene.field('number').waitFor();
    await scene.type(CARDS.secure);
    await scene.press('Save card');
    await scene.challenge(/complete|authenticate|succeed/i);
    await row('3220').waitFor();
    await scene.picture('billing-cards', { more: true });
    await row('4242').getByText('Pays your plan').waitFor();

    await row('4242').getByRole('button', { name: 'Remove' }).click();
    await scene.sees('Remove Visa •••• 4242?');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page
      .getByRole('alert')
      .getByText(/^Your plan is paid with this card/)
      .waitFor();
    await scene.picture('card-remove-refused', { whole: false });
    await scene.button('Keep it').click();

    await row('3220').getByRole('button', { name: 'Make default' }).click();
    await row('3220').getByText('Pays your plan').waitFor();
    await row('4242').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    // Below a dialog nothing has a role.
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await row('4242').waitFor({ state: 'detached' });
    assert.deepEqual(await kept(scene), [{ last4: '3220', is_default: true }]);
  },

  async 'a card that expires is said to, in words'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const { data } = await scene.api('GET', '/api/v1/billing/payment-methods/');
    const { now } = await (await fetch(`${scene.sandbox}/_sandbox/clock`)).json();
    const until = (days) => {
      const then = new Date((now + days * 86_400) * 1000);
      return {
        'card[exp_month]': String(then.getUTCMonth() + 1),
        'card[exp_year]': String(then.getUTCFullYear()),
      };
    };
    const page = await scene.open();
    await scene.stripePost(`payment_methods/${data[0].id}`, until(0));
    await scene.go('/account/billing', 'Community Pro');
    await page.getByText(/^Expires soon: /).waitFor();
    await scene.picture('billing-card-expiring', { more: true });
    await scene.advance(31);
    await scene.go('/account/billing', 'Community Pro');
    await page.getByText(/^Expired /).waitFor();
  },

  async 'billing details are written down, corrected, and stand on the invoice'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const page = await scene.open();
    await scene.go('/account/billing', 'Pro Learn');
    await scene.button('Add details').click();
    await scene.sees('Billing details');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name or company').fill('Wolfeschlegelsteinhausenbergerdorff & Töchter GmbH');
    await dialog.getByLabel('Address', { exact: true }).fill('Ringstraße 1');
    await dialog.getByLabel('Postal code').fill('1010');
    await dialog.getByLabel('City').fill('Wien');
    await dialog.getByLabel('VAT ID (optional)').fill('12');
    await scene.press('Save');
    await dialog.getByText('This is not the number of a VAT ID that we know').waitFor();
    await scene.picture('billing-details', { whole: false, more: true });
    await dialog.getByLabel('VAT ID (optional)').fill('ATU12345678');
    await scene.press('Save');
    await dialog.getByText('An address needs a country').waitFor();
    await dialog.getByLabel('Country').selectOption('AT');
    await scene.press('Save');
    await dialog.waitFor({ state: 'detached' });
    await scene.text('VAT ID ATU12345678').waitFor();
    await scene.picture('billing-details-saved');

    await scene.invoice();
    for (const line of ['Ringstraße 1', '1010 Wien', 'Austria', 'VAT ID ATU12345678', scene.email])
      await page.getByText(line, { exact: true }).waitFor();
    await scene.picture('invoice', { more: true });
  },

  async 'Stripe’s portal is one click away, and leads back'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const page = await scene.open();
    await scene.go('/account/billing', 'Pro Learn');
    await scene.button('Open Stripe’s portal').click();
    await page.waitForURL(/\/p\/session\//);
    assert.ok(page.url().startsWith(scene.sandbox));
    assert.ok(await page.locator(`a[href="${scene.base}/account/billing"]`).count(), 'the way back');
  },
};
