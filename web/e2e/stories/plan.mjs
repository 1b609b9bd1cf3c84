// The plan on /account/billing: what it is, changing, canceling and pausing it.
import assert from 'node:assert/strict';
import { everywhere } from './look.mjs';

const dateOf = (at) =>
  new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(at));
const overview = (scene) => scene.api('GET', '/api/v1/billing/subscription/');

export const PLAN_STORIES = {
  async 'a Community Pro member sees the plan, the next billing and the AI requests of today'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    for (let i = 0; i < 45; i += 1) await scene.api('POST', '/api/v1/billing/usage/consume/', {});
    const { subscription } = await overview(scene);
    const next = `${dateOf(subscription.next_payment.at)} · $54`;
    await everywhere(scene, async () => {
      await scene.go('/account/billing', 'Community Pro');
      const plan = scene.page.getByRole('region', { name: 'Community Pro' });
      assert.equal(
        await plan.getByText('Next billing').locator('xpath=following-sibling::dd').textContent(),
        next,
      );
      await scene.text('45 AI requests today, 45 this month').waitFor();
      await scene.text(/^45 of 200, resets /).waitFor();
      await scene.picture('billing-active');
    });
  },

  async 'an upgrade from the billing page charges what was shown, and is mailed'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await scene.button('Upgrade to Pro Learn').click();
    await scene.sees('Switch to Pro Learn');
    const pay = page.getByRole('button', { name: /^Switch and pay \$/ });
    assert.ok(await pay.isDisabled(), 'a charge is agreed to first');
    await scene.text('What you will gain').waitFor();
    await page.getByRole('checkbox').check();
    await scene.picture('change-plan', { whole: false, more: true });
    const label = await pay.textContent();
    const shown = Math.round(Number(label.replace(/[^\d.]/g, '')) * 100);
    await pay.click();
    await scene.sees('Pro Learn', 2);
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    const { subscription } = await overview(scene);
    const { latest_invoice } = await scene.stripe(`subscriptions/${subscription.stripe_subscription_id}`);
    assert.equal((await scene.stripe(`invoices/${latest_invoice}`)).amount_paid, shown);
    await scene.until('the charge is mailed', async () => {
      const { data } = await (await fetch(`${scene.base}/mailbox.json`)).json();
      const receipt = `Your receipt for $${(shown / 100).toFixed(2)}`;
      return data.some(({ to, subject }) => to === scene.email && subject === receipt);
    });
    await scene.picture('billing-upgraded', { more: true });
  },

  async 'an upgrade that the bank wants confirmed is confirmed later, from the banner'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const strict = { payment_method_id: 'pm_card_authenticationRequired' };
    const kept = await scene.api('POST', '/api/v1/billing/payment-methods/setup/', strict);
    if (kept.confirm) await scene.confirmed(kept.confirm);
    const card = async () => {
      const { data } = await scene.api('GET', '/api/v1/billing/payment-methods/');
      return data.find(({ last4 }) => last4 !== '4242');
    };
    await scene.until('the card is kept', async () => (await card()) !== undefined);
    await scene.api('POST', `/api/v1/billing/payment-methods/${(await card()).id}/default/`, {});
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await scene.button('Upgrade to Pro Learn').click();
    await scene.sees('Switch to Pro Learn');
    await page.getByRole('checkbox').check();
    await page.getByRole('button', { name: /^Switch and pay \$/ }).click();
    await scene.until('it waits for the bank', async () => (await overview(scene)).pending_change !== null);
    // Nobody answers the bank, and the page is left.
    await scene.challenged();
    await scene.go('/account/billing', 'Community Pro');
    const { pending_change } = await overview(scene);
    await page.getByText(/^Your bank wants you to confirm a payment of \$\d/).waitFor();
    await page.getByText(/^It is for your change to Pro Learn\. /).waitFor();
    await scene.picture('billing-pending-change', { more: true });
    await scene.press('Confirm payment');
    await scene.challenge(/fail/i);
    await page
      .getByRole('alert')
      .getByText(/^Your bank could not confirm/)
      .waitFor();
    await scene.picture('billing-pending-refused');
    assert.equal((await overview(scene)).subscription.tier_slug, 'community-pro');
    await scene.press('Confirm payment');
    await scene.challenge(/complete|authenticate|succeed/i);
    await page.getByText(/^Your bank wants you/).waitFor({ state: 'detached' });
    await scene.sees('Pro Learn', 2);
    const { subscription, pending_change: none } = await overview(scene);
    assert.equal(none, null);
    const { latest_invoice } = await scene.stripe(`subscriptions/${subscription.stripe_subscription_id}`);
    assert.equal((await scene.stripe(`invoices/${latest_invoice}`)).amount_paid, pending_change.amount);
  },

  async 'the next billing of a change with a code is what is charged then'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const code = `NEXT${Date.now()}`;
    await scene.promotion(code, { percent_off: '50', duration: 'once' });
    const change = { tier_slug: 'community-pro', promotion_code: code };
    const { subscription } = await scene.api('POST', '/api/v1/billing/update/', change);
    const page = await scene.open();
    await scene.go('/account/billing', 'Pro Learn');
    const next = page.getByText('Next billing').locator('xpath=following-sibling::dd');
    assert.equal(await next.textContent(), `${dateOf(subscription.current_period_end)} · $27`);
    await scene.advance(93);
    await scene.until('it has changed', async () => (await overview(scene)).tier.slug === 'community-pro');
    const invoices = await scene.stripe(`invoices?subscription=${subscription.stripe_subscription_id}`);
    assert.equal(invoices.data[0].amount_due, 2_700);
    await scene.go('/account/billing', 'Community Pro');
    assert.match(await next.textContent(), / · \$54$/);
  },

  async 'a canceled plan is there until its date, and gone after it'(scene) {
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
    const { subscription } = await overview(scene);
    await scene.text('Cancels on').waitFor();
    await page.getByRole('definition').getByText(dateOf(subscription.cancel_at)).waitFor();
    await scene.picture('billing-canceling', { more: true });

    await scene.button('Keep my plan').click();
    await page.getByText(/^Community Pro ends on /).waitFor({ state: 'detached' });
    assert.equal((await overview(scene)).subscription.cancel_at, null, 'it was taken back');

    await scene.api('POST', '/api/v1/billing/cancel/', {});
    const { now } = await (await fetch(`${scene.sandbox}/_sandbox/clock`)).json();
    const days = (Date.parse(subscription.cancel_at) / 1000 - now) / 86_400;
    await scene.advance(days - 0.5);
    assert.equal((await overview(scene)).tier.slug, 'community-pro', 'access lasts until then');
    await scene.advance(1);
    await scene.until('it has ended', async () => {
      const { subscription, tier } = await overview(scene);
      return !subscription && tier.slug === 'free';
    });
    await scene.go('/account/billing', 'Free / Explorer');
    await scene.text('No card, no charges. Choose a plan when you need more.').waitFor();
  },

  async 'who leaves in the first days may have the money back'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    const page = await scene.open();
    await scene.go('/account/billing', 'Pro Learn');
    await scene.button('Cancel subscription').click();
    await scene.sees('Cancel Pro Learn?');
    await page.getByLabel('Now, and get $105 back').check();
    await page.getByText(/^Your plan ends at once. \$105 go back/).waitFor();
    await scene.picture('cancel-refund', { whole: false, more: true });
    await scene.button('Cancel and get $105 back').click();
    await scene.sees('Free / Explorer', 2);
    const { data } = await scene.stripe('refunds');
    assert.equal(data[0].amount, 10_500);
  },

  async 'after the first days nothing is said of money back'(scene) {
    await scene.member();
    await scene.subscribed('pro-learn');
    await scene.advance(8);
    const page = await scene.open();
    await scene.go('/account/billing', 'Pro Learn');
    await scene.button('Cancel subscription').click();
    await page.getByText('Tokens that you bought stay yours.').waitFor();
    assert.equal(await page.getByRole('radio').count(), 0);
    await page.getByText(/^You keep everything until /).waitFor();
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
    await scene.picture('change-plan-later', { whole: false });
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Switch on/ })
      .click();
    await page.waitForURL(/\/account\/billing/);
    await page.getByText(/^Your plan changes to Community Pro on /).waitFor();
    await scene.picture('billing-changing', { more: true });
    await scene.button('Keep it as it is').click();
    await page.getByText(/^Your plan changes to /).waitFor({ state: 'detached' });
    assert.equal((await overview(scene)).subscription.scheduled_change, null);
  },

  async 'a plan is paused for some days, and resumed'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await scene.button('Pause').click();
    await scene.sees('Pause Community Pro?');
    await page.getByLabel('For how long?').selectOption('14');
    await scene.picture('pause', { whole: false });
    await scene.button('Pause my plan').click();
    await page.getByText('Community Pro is paused').waitFor();
    await page.getByText(/^You have it until .* It resumes by itself on /).waitFor();
    await scene.picture('billing-paused', { more: true });
    assert.ok((await overview(scene)).subscription.paused.resumes_at);
    await scene.button('Resume now').click();
    await page.getByText('Community Pro is paused').waitFor({ state: 'detached' });
    assert.equal((await overview(scene)).subscription.paused, null);
  },

  async 'a pause that skips a payment is told, and a resumption charges what was told'(scene) {
    await scene.member();
    await scene.subscribed('community-pro', { billing_period: 'monthly' });
    await scene.api('POST', '/api/v1/billing/pause/', { days: 60 });
    await scene.advance(40);
    await scene.until('the paid month is over', async () => (await overview(scene)).tier.slug === 'free');
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await page.getByText(/When it resumes, a new period begins and \$20 is charged\. It resumes/).waitFor();
    await scene.picture('billing-paused-free');
    await scene.button('Resume now').click();
    await page.getByText('Community Pro is paused').waitFor({ state: 'detached' });
    await scene.until('it is back', async () => (await overview(scene)).tier.slug === 'community-pro');
    const { subscription } = await overview(scene);
    const { latest_invoice } = await scene.stripe(`subscriptions/${subscription.stripe_subscription_id}`);
    assert.equal((await scene.stripe(`invoices/${latest_invoice}`)).amount_paid, 2_000);
  },

  async 'a promotion code goes with a change of plan, and is told afterwards'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const code = `AUTUMN${Date.now()}`;
    await scene.promotion(code, { percent_off: '25', duration: 'forever' });
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await scene.button('Upgrade to Pro Learn').click();
    await scene.sees('Switch to Pro Learn');
    const pay = page.getByRole('button', { name: /^Switch and pay \$/ });
    const before = await pay.textContent();
    await scene.button('Add a promotion code').click();
    await page.getByLabel('Promotion code').fill('NOSUCHCODE');
    await scene.button('Apply').click();
    await page.getByText('This code cannot be used').waitFor();
    await page.getByLabel('Promotion code').fill(code.toLowerCase());
    await scene.button('Apply').click();
    await scene.button('Remove').waitFor();
    await scene.settled();
    assert.notEqual(await pay.textContent(), before, 'it counts');
    await scene.picture('change-plan-promotion', { whole: false, more: true });
    await page.getByRole('checkbox').check();
    await pay.click();
    await scene.sees('Pro Learn', 2);
    await page.getByText('25% off').waitFor();
    await scene.picture('billing-discount');
  },

  async 'an upgrade that leaves a credit waits for its date, and says so'(scene) {
    await scene.member();
    await scene.subscribed('community-pro');
    const code = `HALF${Date.now()}`;
    await scene.promotion(code, { percent_off: '50', duration: 'once' });
    const page = await scene.open();
    await scene.go('/account/billing', 'Community Pro');
    await scene.button('Upgrade to Pro Learn').click();
    await scene.sees('Switch to Pro Learn');
    await scene.button('Add a promotion code').click();
    await page.getByLabel('Promotion code').fill(code);
    await scene.button('Apply').click();
    await page.getByRole('button', { name: /^Switch on / }).click();
    await page.getByText(/^Your plan changes to Pro Learn on /).waitFor();
    const { subscription } = await scene.api('GET', '/api/v1/billing/subscription/');
    assert.equal(subscription.scheduled_change.tier_slug, 'pro-learn');
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
};
