// What goes wrong between a member, the network and the bank.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

const SUBSCRIBE = '**/api/v1/billing/subscribe/';

async function subscriptionsOf(scene) {
  const { subscription } = await scene.api('GET', '/api/v1/billing/subscription/');
  const { customer } = await scene.stripe(`subscriptions/${subscription.stripe_subscription_id}`);
  return (await scene.stripe(`subscriptions?customer=${customer}&status=all&limit=100`)).data;
}

async function openDialog(scene, page = scene.page) {
  await page.goto(`${scene.base}/pricing?subscribe=pro-learn`);
  await page.getByRole('heading', { name: 'Subscribe to Pro Learn' }).waitFor();
  await scene.field('number', page).waitFor();
}

export const TROUBLE_STORIES = {
  async 'in two tabs one subscribes once: the other is told so, and charges nothing'(scene) {
    await scene.member();
    const first = await scene.open();
    const second = await scene.tab();
    for (const page of [first, second]) await openDialog(scene, page);
    for (const page of [first, second]) await scene.type(CARDS.good, page);
    await first.getByRole('button', { name: 'Pay $105' }).press('Enter');
    await first.waitForURL(/\/account\/billing/);
    await second.getByRole('button', { name: 'Pay $105' }).press('Enter');
    await second.getByRole('alert').getByText('You have a subscription already').waitFor();
    await second.getByRole('alert').getByText('You were not charged.').waitFor();
    const all = await subscriptionsOf(scene);
    assert.deepEqual(
      all.map(({ status }) => status),
      ['active'],
    );
  },

  async 'while it is being paid the dialog cannot be closed, by the button or the keyboard'(scene) {
    await scene.member();
    const page = await scene.open();
    let answer;
    const held = new Promise((resolve) => {
      answer = resolve;
    });
    await page.route(SUBSCRIBE, async (route) => {
      await held;
      await route.continue();
    });
    await openDialog(scene);
    await scene.type(CARDS.good);
    await scene.press('Pay $105');
    await scene.button('One moment…').waitFor();
    assert.ok(await scene.button('Close').isDisabled());
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await scene.button('One moment…').waitFor();
    await scene.picture('subscribe-paying', { whole: false, more: true });
    answer();
    await page.waitForURL(/\/account\/billing/);
    await scene.text('Welcome to Pro Learn').waitFor();
    assert.equal((await subscriptionsOf(scene)).length, 1);
  },

  async 'a page that is closed while paying leaves one subscription, which is there when it is opened again'(
    scene,
  ) {
    await scene.member();
    const page = await scene.open();
    await openDialog(scene);
    await scene.type(CARDS.good);
    // It has come to the server; nobody is there any more for what it answers.
    const served = new Promise((resolve) => {
      page.route(SUBSCRIBE, async (route) => resolve(await route.fetch()));
    });
    await scene.press('Pay $105');
    await served;
    await page.close();
    await scene.tab();
    await scene.until(
      'the subscription is there',
      async () => (await scene.api('GET', '/api/v1/billing/subscription/')).subscription?.status === 'active',
    );
    await scene.go('/account/billing', 'Pro Learn');
    assert.equal((await subscriptionsOf(scene)).length, 1);
  },

  async 'an answer that is lost on the way is asked for again, and charges once'(scene) {
    await scene.member();
    const page = await scene.open();
    let lost = 0;
    await page.route(SUBSCRIBE, async (route) => {
      lost += 1;
      if (lost > 1) return route.continue();
      // It has come there, and what it says has not come back.
      await route.fetch();
      return route.abort();
    });
    scene.allowed.push(/ERR_FAILED/);
    await openDialog(scene);
    await scene.type(CARDS.good);
    await scene.press('Pay $105');
    const alert = page.getByRole('alert');
    await alert.getByText('The server cannot be reached').waitFor();
    await alert.getByText('you will not be charged twice').waitFor();
    assert.equal(await alert.getByText('You were not charged.').count(), 0, 'that is not known');
    await scene.picture('subscribe-unclear', { whole: false, more: true });
    await scene.press('Try again');
    await page.waitForURL(/\/account\/billing/);
    await scene.text('Welcome to Pro Learn').waitFor();
    assert.equal((await subscriptionsOf(scene)).length, 1);
  },

  async 'with the API down the page says so in its parts, and goes on when it is up again'(scene) {
    await scene.member();
    const page = await scene.open();
    scene.allowed.push(/ERR_FAILED/, /^Unreachable: the server cannot be reached/);
    await page.route('**/api/v1/billing/**', (route) => route.abort());
    await page.goto(`${scene.base}/account/billing`);
    await page.getByText('The server cannot be reached').first().waitFor();
    await scene.picture('billing-down', { more: true });
    await page.unroute('**/api/v1/billing/**');
    const retry = scene.button('Try again');
    while (await retry.count()) await retry.first().press('Enter');
    await scene.sees('Free / Explorer');
  },

  async 'a webhook that comes 30 seconds late is waited for: the page says so, and then shows the plan'(
    scene,
  ) {
    await scene.member();
    const page = await scene.open();
    await openDialog(scene);
    await scene.type(CARDS.secure);
    await scene.press('Pay $105');
    await page.locator('iframe[title="3D Secure authentication challenge"]').waitFor();
    await scene.faults([{ target: 'webhook', share: 1, delay_ms: 30_000 }]);
    try {
      await scene.challenge(/complete|authenticate|succeed/i);
      const paid = Date.now();
      await scene.text('Paid. Your plan is being set up…').waitFor();
      await scene.picture('subscribe-waiting', { whole: false, more: true });
      await page.getByText('This takes longer than usual').waitFor({ timeout: 25_000 });
      await scene.picture('subscribe-slow', { whole: false, more: true });
      await page.waitForURL(/\/account\/billing/, { timeout: 60_000 });
      assert.ok(Date.now() - paid > 25_000, 'the webhook was not late');
    } finally {
      await scene.faults([]);
    }
    await scene.text('Welcome to Pro Learn').waitFor();
  },

  async 'a code that is added after a failed 3D Secure counts: what is shown is what is charged'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.promotion('AFTERWARDS', { percent_off: '50', duration: 'once' });
    await openDialog(scene);
    await scene.type(CARDS.secure);
    await scene.press('Pay $105');
    await scene.challenge(/fail/i);
    await page.getByRole('alert').getByText('Your bank could not confirm that it is you.').waitFor();
    await scene.button('Add a promotion code').click();
    await page.getByLabel('Promotion code').fill('AFTERWARDS');
    await scene.press('Apply');
    await scene.button('Pay $52.50').waitFor();
    await scene.field('number').fill('');
    await scene.type(CARDS.good);
    await scene.press('Pay $52.50');
    await page.waitForURL(/\/account\/billing/);
    const paid = (await subscriptionsOf(scene)).find(({ status }) => status === 'active');
    assert.equal((await scene.stripe(`invoices/${paid.latest_invoice}`)).amount_paid, 5250);
  },

  async 'tokens whose answer is cut off are paid once, also when the dialog is closed and opened again'(
    scene,
  ) {
    await scene.member();
    const page = await scene.open();
    let cut = 0;
    await page.route('**/api/v1/billing/tokens/purchase/', async (route) => {
      cut += 1;
      if (cut > 2) return route.continue();
      const answer = await route.fetch();
      return route.fulfill({ response: answer, body: (await answer.text()).slice(0, 20) });
    });
    await scene.go('/tokens', 'Your AI tokens');
    const pay = async (name) => {
      await scene.press(name);
      await page.getByRole('alert').getByText('you will not be charged twice').waitFor();
    };
    await scene.button('Buy for $5').click();
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    await pay('Pay $5');
    await pay('Try again');
    await page.keyboard.press('Escape');
    await scene.button('Buy for $5').click();
    await page.getByRole('alert').getByText('you will not be charged twice').waitFor();
    await scene.picture('purchase-unclear', { whole: false, more: true });
    await scene.press('Try again');
    await page.getByText('100,000 tokens are in your balance').waitFor();
    const { data } = await scene.api('GET', '/api/v1/billing/tokens/purchases/');
    assert.deepEqual(
      data.map(({ status }) => status),
      ['completed'],
    );
  },

  async 'while it is not known what was paid, nothing else can be agreed to'(scene) {
    await scene.member();
    const page = await scene.open();
    let lost = 0;
    await page.route(SUBSCRIBE, (route) => {
      lost += 1;
      return lost > 1 ? route.continue() : route.abort();
    });
    scene.allowed.push(/ERR_FAILED/);
    await openDialog(scene);
    await scene.type(CARDS.good);
    await scene.press('Pay $105');
    await page.getByRole('alert').getByText('you will not be charged twice').waitFor();
    assert.ok(await scene.button('Add a promotion code').isDisabled());
    assert.equal(await scene.button('Pay $105').count(), 0);
    await scene.press('Try again');
    await page.waitForURL(/\/account\/billing/);
    const [made] = await subscriptionsOf(scene);
    assert.equal((await scene.stripe(`invoices/${made.latest_invoice}`)).amount_paid, 10_500);
  },
};
