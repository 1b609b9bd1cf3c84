// From the plans to a subscription.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

async function openDialog(scene, tier, heading) {
  await scene.go(`/pricing?subscribe=${tier}`, heading);
  await scene.field('number').waitFor();
}

const subscription = async (scene) => (await scene.api('GET', '/api/v1/billing/subscription/')).subscription;

export const SUBSCRIBE_STORIES = {
  // The plan's own story of phase 8, step by step and word by word; with today's card fields and a date to come.
  async 'can subscribe to Community Pro'(scene) {
    await scene.member();
    const page = await scene.open();
    const contains = (text) => page.getByText(text).first();
    await page.goto(`${scene.base}/pricing`);
    await contains('Community Pro').click();
    await contains('Start Free Trial').click();
    await scene.field('number').fill('4242424242424242');
    await scene.field('expiry').fill('1235');
    await scene.field('cvc').fill('123');
    await contains('Start Trial').click();
    await page.waitForURL(/\/account\/billing/);
    assert.ok(await contains('Community Pro').isVisible());
    await contains('Trial active').waitFor({ state: 'visible' });
  },

  async 'a trial begins with a card, without a charge, and is shown on the billing page'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.go('/pricing', 'Pick the plan');
    const before = (await scene.stripe('customers?limit=100')).data.length;
    await scene.button('Start Free Trial').click();
    await scene.sees('Try Community Pro free');
    await scene.field('number').waitFor();
    await scene.text('Due today').waitFor();
    assert.equal(
      (await scene.stripe('customers?limit=100')).data.length,
      before,
      'opening makes nothing at Stripe',
    );
    await scene.type(CARDS.good);
    await scene.press('Start Trial');
    await page.waitForURL(/\/account\/billing/);
    await scene.sees('Community Pro');
    await scene.text('Trial active').waitFor();
    await scene.text('We’ll then charge $54 to the card ending 4242.').waitFor();
    await scene.picture('billing-trial', { more: true });
    const { status, amount } = await subscription(scene);
    assert.deepEqual({ status, amount }, { status: 'trialing', amount: 5400 });
    assert.equal(
      (await scene.stripe('payment_intents?limit=100')).data.filter((one) => one.status === 'succeeded')
        .length,
      0,
    );
  },

  async 'a decline is told in place, and another card pays: once'(scene) {
    const { id } = await scene.member();
    const page = await scene.open({ size: 375 });
    await openDialog(scene, 'pro-learn', 'Subscribe to Pro Learn');
    await scene.type(CARDS.poor);
    await scene.press('Pay $105');
    const alert = page.getByRole('alert');
    await alert.getByText('There is not enough money on this card.').waitFor();
    await alert.getByText('You were not charged.').waitFor();
    assert.ok(await alert.evaluate((node) => node === document.activeElement), 'it has the focus');
    await scene.picture('subscribe-declined', { whole: false, more: true });
    await scene.field('number').fill('');
    await scene.type(CARDS.good);
    await scene.press('Pay $105');
    await page.waitForURL(/\/account\/billing/);
    await scene.text('Welcome to Pro Learn').waitFor();
    const live = await subscription(scene);
    assert.equal(live.status, 'active');
    assert.equal(live.amount, 10_500, `for ${id}`);
  },

  async 'the bank wants 3D Secure: it can be answered above the dialog, which is locked meanwhile'(scene) {
    await scene.member();
    const page = await scene.open();
    await openDialog(scene, 'pro-learn', 'Subscribe to Pro Learn');
    await scene.type(CARDS.secure);
    await scene.press('Pay $105');
    await page.locator('iframe[title="3D Secure authentication challenge"]').waitFor();
    assert.ok(
      await page.locator('button[aria-label="Close"]').first().isDisabled(),
      'the dialog can be left',
    );
    await scene.challenge(/complete|authenticate|succeed/i);
    await page.waitForURL(/\/account\/billing/);
    await scene.text('Welcome to Pro Learn').waitFor();
  },

  async 'a failed 3D Secure is told in place, and another card pays the same subscription'(scene) {
    await scene.member();
    const page = await scene.open();
    await openDialog(scene, 'pro-learn', 'Subscribe to Pro Learn');
    await scene.type(CARDS.secure);
    await scene.press('Pay $105');
    await scene.challenge(/fail/i);
    await page.getByRole('alert').getByText('Your bank could not confirm that it is you.').waitFor();
    await scene.field('number').fill('');
    await scene.type(CARDS.good);
    await scene.press('Pay $105');
    await page.waitForURL(/\/account\/billing/);
    await scene.text('Welcome to Pro Learn').waitFor();
    const paid = (await scene.stripe('subscriptions?limit=100&status=all')).data;
    const mine = await subscription(scene);
    assert.equal(
      paid.filter(
        ({ customer }) => customer === paid.find(({ id }) => id === mine.stripe_subscription_id).customer,
      ).length,
      1,
    );
  },

  async 'a code that counts lowers what is due today, another is refused in place'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.promotion('HALF', { percent_off: '50', duration: 'once' });
    await openDialog(scene, 'pro-learn', 'Subscribe to Pro Learn');
    await scene.button('Add a promotion code').click();
    await page.getByLabel('Promotion code').fill('NOTHING');
    await scene.press('Apply');
    await scene.text('This code cannot be used').waitFor();
    await page.getByLabel('Promotion code').fill('half');
    await scene.press('Apply');
    await scene.button('Pay $52.50').waitFor();
    await scene.picture('subscribe-promotion', { whole: false });
    await scene.type(CARDS.good);
    await scene.press('Pay $52.50');
    await page.waitForURL(/\/account\/billing/);
    await scene.text('Welcome to Pro Learn').waitFor();
    const { latest_invoice } = await scene.stripe(
      `subscriptions/${(await subscription(scene)).stripe_subscription_id}`,
    );
    assert.equal((await scene.stripe(`invoices/${latest_invoice}`)).amount_paid, 5250);
  },

  async 'what was tried once is not tried again: the page says so, and charges only when it is asked again'(
    scene,
  ) {
    await scene.member();
    await scene.subscribed('community-pro', { trial: true });
    await scene.api('POST', '/api/v1/billing/cancel/', { at: 'now' });
    await scene.until('it has ended', async () => !(await subscription(scene)));
    await scene.open();
    await scene.go('/pricing', 'Pick the plan');
    const card = scene.page.getByRole('region', { name: 'Community Pro' });
    await card.getByRole('button', { name: 'Subscribe' }).waitFor();
    await scene.picture('pricing-trial-used');
  },

  async 'with the keyboard alone one subscribes, and sees where one is'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.go('/pricing', 'Pick the plan');
    const { keyboard } = page;
    // To what has that name, by Tab; each stop is to be seen.
    const tabTo = async (name) => {
      for (let stops = 0; stops < 60; stops += 1) {
        await keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const { activeElement: at } = document;
          const { outlineStyle, outlineWidth } = getComputedStyle(at);
          const isSeen = at.tagName === 'IFRAME' || (outlineStyle !== 'none' && outlineWidth !== '0px');
          return {
            name: at.getAttribute('aria-label') ?? at.title ?? '',
            text: at.textContent ?? '',
            isSeen,
          };
        });
        if (at.name === name || at.text.trim() === name) {
          assert.ok(at.isSeen, `${name} has no ring`);
          return;
        }
      }
      assert.fail(`${name} is not reached`);
    };
    await tabTo('Start Free Trial');
    await keyboard.press('Enter');
    await scene.sees('Try Community Pro free');
    await scene.field('number').waitFor();
    await tabTo('Add a promotion code');
    scene.typed.push(CARDS.good);
    // A key that comes while the focus is on its way into the frame goes nowhere, which a hand is too slow for.
    for (const [name, text] of Object.entries({ number: CARDS.good, expiry: '1240', cvc: '123' })) {
      const isThere = () =>
        scene.field(name).evaluate((field) => document.hasFocus() && field === document.activeElement);
      // A field that is full leads to the next by itself.
      if (!(await isThere())) await keyboard.press('Tab');
      await scene.until(`${name} has the focus`, isThere);
      await keyboard.type(text, { delay: 20 });
    }
    await tabTo('Start Trial');
    await keyboard.press('Enter');
    await page.waitForURL(/\/account\/billing/);
    await scene.text('Trial active').waitFor();
  },
};
