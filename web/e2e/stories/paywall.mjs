// Out of AI requests: refused, bought, resumed.
import assert from 'node:assert/strict';
import { CARDS } from '../scene.mjs';

const FREE_REQUESTS = 3;

async function ask(scene, question) {
  await scene.page.getByLabel('Your question').fill(question);
  await scene.press('Ask');
}

async function spendRequests(scene) {
  for (let used = 0; used < FREE_REQUESTS; used += 1)
    await scene.api('POST', '/api/v1/billing/usage/consume/', {});
}

// A member who has used up the requests of the plan, and asks for more.
async function refused(scene) {
  await scene.member();
  await spendRequests(scene);
  const page = await scene.open();
  await scene.go('/ai', 'Ask the AI');
  await ask(scene, 'What should I learn next?');
  return page;
}

const modal = (scene) => scene.page.getByRole('dialog', { name: 'You’re out of AI requests' });

export const PAYWALL_STORIES = {
  async 'a question is answered as it is written, and says what has paid for it'(scene) {
    await scene.member();
    const page = await scene.open();
    await scene.go('/ai', 'Ask the AI');
    await scene.text('The answers come from a small demo model').waitFor();
    await scene.picture('ai-empty', { more: true });
    await ask(scene, 'Write a long answer');
    const stop = scene.button('Stop');
    await stop.waitFor();
    await page.locator('[data-cost=allowance]').waitFor();
    await scene.button('Ask').waitFor();
    await scene.text('1 of 3').waitFor();
    await scene.picture('ai-answered', { more: true });
    const { today } = await scene.api('GET', '/api/v1/billing/usage/');
    assert.equal(today.ai_requests, 1);
  },

  async 'an answer that is stopped is paid for as far as it came, and leaves nothing reserved'(scene) {
    await scene.member();
    await spendRequests(scene);
    await scene.bought('starter');
    const page = await scene.open();
    await scene.go('/ai', 'Ask the AI');
    await ask(scene, 'Write a long answer');
    await page.getByRole('log').getByText('demo').first().waitFor();
    await scene.button('Stop').click();
    await scene.text('Stopped. What was written so far counts.').waitFor();
    await scene.until('nothing is reserved', async () => {
      const { held, available } = await scene.api('GET', '/api/v1/billing/tokens/balance/');
      return held === 0 && available < 100_000;
    });
  },

  // The ten steps of the plan's phase 10.
  async 'who is out of requests buys tokens, and the request that was refused goes on'(scene) {
    const page = await refused(scene);
    await modal(scene).waitFor();
    await scene.text('You’ve used all 3 requests of your plan, and have 0 tokens left.').waitFor();
    await scene.text('Community Pro has 200 a day').waitFor();
    await scene.picture('out-of-tokens', { whole: false, more: true });
    await modal(scene).getByRole('link', { name: 'Buy tokens' }).click();
    await page.waitForURL(/\/tokens$/);
    await scene.text('Your request waits for tokens').waitFor();
    await scene.picture('tokens-waiting', { more: true });
    await scene.button('Buy for $5').click();
    await scene.sees('Buy Starter');
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    await scene.press('Pay $5');
    await page.getByText('100,000 tokens are in your balance').waitFor();
    await scene.text('Your request goes on.').waitFor();
    await scene.picture('purchase-resumed', { whole: false });
    await scene.button('Back to your request').click();
    await page.waitForURL(/\/ai$/);
    await page.locator('[data-cost=tokens]').waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0, 'the modal is closed');
    const { available, spent, held } = await scene.api('GET', '/api/v1/billing/tokens/balance/');
    assert.equal(available + spent, 100_000);
    assert.ok(spent > 0, 'tokens have paid');
    assert.equal(held, 0);
    await page.locator('[data-balance]', { hasText: available.toLocaleString('en') }).waitFor();
    await ask(scene, 'And after that?');
    await page.locator('[data-cost=tokens]').nth(1).waitFor();
    await scene.picture('ai-resumed', { more: true });
  },

  async 'who closes the dialog right after paying has the request go on all the same'(scene) {
    const page = await refused(scene);
    await modal(scene).getByRole('link', { name: 'Buy tokens' }).click();
    await scene.button('Buy for $5').click();
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    // Until the webhook is heard of, it has not arrived.
    let isHeard = false;
    await page.route('**/api/v1/billing/tokens/purchases/*/', async (route) => {
      if (isHeard) return route.continue();
      const answer = await route.fetch();
      const { purchase } = await answer.json();
      return route.fulfill({ json: { purchase: { ...purchase, status: 'pending' } } });
    });
    await scene.press('Pay $5');
    await page.getByRole('status').getByText('Paid.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await scene.text('Your request waits for tokens').waitFor();
    isHeard = true;
    await scene.text('Your request waits for tokens').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Ask the AI' }).click();
    await page.locator('[data-cost=tokens]').waitFor();
  },

  async 'who is out of requests subscribes instead, and the request that was refused goes on'(scene) {
    const page = await refused(scene);
    await modal(scene).getByRole('link', { name: 'Upgrade plan' }).click();
    await scene.sees('Try Community Pro free');
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    await scene.press('Start Trial');
    await page.waitForURL(/\/ai$/);
    await page.locator('[data-cost=allowance]').waitFor();
    await scene.text('4 of 200').waitFor();
  },

  async 'who wants neither is told, and can ask again when there are tokens'(scene) {
    const page = await refused(scene);
    await modal(scene).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alert').getByText('You’re out of AI requests').waitFor();
    await scene.picture('ai-refused', { more: true });
    const { today } = await scene.api('GET', '/api/v1/billing/usage/');
    assert.equal(today.ai_requests, FREE_REQUESTS, 'what was refused does not count');
    await scene.bought('starter');
    await scene.button('Try again').click();
    await page.locator('[data-cost=tokens]').waitFor();
  },

  async 'the question of one member does not go on as another’s, who signs in in another tab'(scene) {
    await scene.member('Grace Hopper');
    const { email, token } = scene;
    await scene.bought('starter');
    const page = await refused(scene);
    await modal(scene).getByRole('link', { name: 'Buy tokens' }).click();
    await scene.text('Your request waits for tokens').waitFor();
    const other = await scene.tab();
    await scene.go('/account', 'Your account');
    await scene.button('Sign out').click();
    await scene.sees('Pick the plan');
    await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    await scene.go('/sign-in', 'Sign in');
    await other.getByLabel('Email address').fill(email);
    await other.getByLabel('Password').fill('correct horse');
    await scene.press('Sign in');
    await scene.sees('Billing', 1);
    await page.goto(`${scene.base}/ai`);
    await page.getByRole('heading', { name: 'Ask the AI', level: 1 }).waitFor();
    assert.equal(await page.getByRole('log').locator('p').count(), 0);
    assert.equal(await page.getByText('Your request waits for tokens').count(), 0);
    scene.token = token;
    const { today } = await scene.api('GET', '/api/v1/billing/usage/');
    assert.equal(today.ai_requests, 0, 'nothing was asked as the other member');
  },

  async 'who comes back from the shop with nothing is told once that the question waits'(scene) {
    const page = await refused(scene);
    await modal(scene).getByRole('link', { name: 'Buy tokens' }).click();
    await scene.text('Your request waits for tokens').waitFor();
    await page.getByRole('link', { name: 'Ask the AI' }).last().click();
    await scene.sees('Ask the AI', 1);
    await page.getByRole('log').getByText('Your request waits for tokens').waitFor();
    assert.equal(await page.getByText('Your request waits for tokens').count(), 1);
    await scene.bought('starter');
    await scene.button('Try again').click();
    await page.locator('[data-cost=tokens]').waitFor();
  },

  async 'a refusal for another reason opens nothing'(scene) {
    await scene.member();
    const page = await scene.open();
    await page.route('**/api/v1/ai/chat/', (route) =>
      route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify({
          type: 'about:blank',
          title: 'Verify your e-mail address',
          status: 403,
          code: 'email_not_verified',
        }),
      }),
    );
    await scene.go('/ai', 'Ask the AI');
    await ask(scene, 'What should I learn next?');
    await page.getByRole('alert').getByText('Verify your email address first').waitFor();
    assert.equal(await page.getByRole('dialog').count(), 0);
  },
};
