// Invoices: the list, one of them, and on paper.
import assert from 'node:assert/strict';

export const INVOICE_STORIES = {
  async 'an invoice is read and printed without anything else'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const page = await scene.open({ theme: 'dark' });
    await scene.go('/account/billing', 'Pro Learn');
    await scene.invoice();
    await page.getByRole('cell', { name: '$105.00', exact: true }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'See it at Stripe' }).count(), 0, 'nobody serves it');
    await page.emulateMedia({ media: 'print' });
    for (const role of ['button', 'banner', 'contentinfo', 'complementary'])
      assert.equal(await page.getByRole(role).count(), 0, `no ${role} on paper`);
    const [ink, paper] = await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.querySelector('table').closest('section'));
      return [color, backgroundColor];
    });
    assert.deepEqual(
      [ink, paper],
      ['rgb(0, 0, 0)', 'rgb(255, 255, 255)'],
      'black on white, from the dark too',
    );
    await page.screenshot({ path: `${scene.pictures}/invoice-printed.png`, fullPage: true });
    await page.emulateMedia({ media: 'screen' });
    await page.getByRole('link', { name: 'Back to billing' }).click();
    await scene.sees('Pro Learn', 2);
  },

  async 'where Stripe has the pages of an invoice, they are led to'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const page = await scene.open();
    await page.route('**/billing/config/', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), mode: 'test' } });
    });
    await scene.go('/account/billing', 'Pro Learn');
    const pdf = page.getByRole('link', { name: /^Invoice .* as PDF$/ });
    assert.match(await pdf.getAttribute('href'), /^https:\/\/pay\.stripe\.com\//);
    await scene.invoice();
    await page.getByRole('link', { name: 'See it at Stripe' }).waitFor();
  },

  async 'money that went back, and an invoice that is not there, are told'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const { data } = await scene.api('GET', '/api/v1/billing/invoices/');
    const { payments } = await scene.api('GET', `/api/v1/billing/invoices/${data[0].id}/`);
    await scene.stripePost('refunds', {
      payment_intent: payments[0].stripe_payment_intent_id,
      amount: '2000',
    });
    const page = await scene.open();
    await scene.go(`/account/invoice?id=${data[0].id}`, 'Invoice');
    await page.getByText('Given back').waitFor();
    await page.getByText('−$20.00').waitFor();
    await scene.picture('invoice-refunded');
    scene.allowed.push(/^Problem: There is no such thing here/);
    await scene.go('/account/invoice?id=in_none', 'Invoice');
    await page.getByRole('alert').getByText('There is no such thing here').waitFor();
    await scene.picture('invoice-missing');
  },
};
