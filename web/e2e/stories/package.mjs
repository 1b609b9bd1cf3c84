// The pieces in an application that is not ours, and that has a mind of its own about how everything looks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CARDS } from '../scene.mjs';

const PURPLE = 'rgb(122, 31, 162)';
const INK = 'rgb(19, 32, 28)';

async function open(scene, path, heading, how) {
  scene.travels = true;
  if (scene.context) await scene.again(how);
  else await scene.open(how);
  if (scene.token) {
    await scene.context.addInitScript((token) => {
      if (window === window.top) localStorage.setItem('host-token', token);
    }, scene.token);
    // The host has its own way to know its members; there is no cookie.
    await scene.context.clearCookies();
  }
  await scene.go(path, heading);
  return scene.page;
}

const style = (locator, name) =>
  locator.evaluate((node, name) => getComputedStyle(node).getPropertyValue(name), name);

const told = async (page) => JSON.parse(await page.locator('[data-told]').textContent());

// Everything that the browser computes for the host's own elements, one a line.
const looks = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('html, body, .host-bar, .host-bar > *, .host-main > *, li, td')]
      .filter((node) => !node.matches('.allthrive') && !node.closest('.allthrive *'))
      .flatMap((node) => {
        const style = getComputedStyle(node);
        // How long the page is depends on what is on it.
        const names = [...style].filter((name) => !/^--|height|block-size|origin/.test(name));
        return names.map((name) => `${node.tagName} ${name}: ${style.getPropertyValue(name)}`);
      }),
  );

export const PACKAGE_STORIES = {
  async 'a host shows the plans in its own colour, and nothing of its own is touched'(scene) {
    const page = await open(scene, '/bare.html', 'The host’s own page', { size: 1280 });
    const bare = await looks(page);
    await scene.go('/plans', 'Pick the plan');
    const dressed = await looks(page);
    assert.ok(bare.length > 3000, 'the host is looked at');
    assert.deepEqual(
      dressed.filter((line, index) => line !== bare[index]),
      [],
      'the host is touched',
    );
    assert.equal(dressed.length, bare.length);

    const card = page.getByRole('region', { name: 'Community Pro' });
    await card.getByText('$18').waitFor();
    await page.getByText('In the host’s own words.').waitFor();
    const trial = card.getByRole('link', { name: 'Start Free Trial' });
    assert.equal(await style(trial, 'background-color'), PURPLE, 'the host’s colour');
    assert.match(await trial.getAttribute('href'), /^\/login\?next=%2Fplans/, 'the host’s pages');
    const heading = card.getByRole('heading', { name: 'Community Pro' });
    for (const [name, value] of Object.entries({
      color: INK,
      'font-size': '18px',
      'letter-spacing': 'normal',
      'margin-top': '0px',
      'text-transform': 'none',
    }))
      assert.equal(await style(heading, name), value, `the host’s own ${name} is on our heading`);
    assert.equal(
      await style(card.locator('..'), 'grid-template-columns').then((text) => text.split(' ').length),
      4,
    );
    assert.equal(await page.locator('h1').count(), 1, 'the host has the one h1');
    await scene.look('package-plans', true);
    await open(scene, '/plans', 'Pick the plan', { size: 375 });
    await scene.look('package-plans', true);
  },

  async 'the pieces follow the width of their place, and not the window’s'(scene) {
    const page = await open(scene, '/column', 'Pick the plan', { size: 1280 });
    const card = page.getByRole('region', { name: 'Community Pro' });
    await card.getByText('$15').waitFor();
    assert.equal(
      await style(card.locator('..'), 'grid-template-columns').then((text) => text.split(' ').length),
      2,
    );
    await scene.look('package-column', true);
  },

  async 'a member of the host subscribes in its page, and its own code is told'(scene) {
    await scene.member();
    const page = await open(scene, '/pieces', 'Pro Learn', { size: 1280 });
    await page.waitForFunction(() =>
      document.querySelector('[data-told]')?.textContent?.includes('"tier":"free"'),
    );
    assert.deepEqual(await told(page), { tier: 'free', tokens: 0, days: 30, tiers: 4, packages: 3 });
    await scene.look('package-pieces', true);
    await page.getByRole('region', { name: 'Pro Learn' }).getByRole('button', { name: 'Subscribe' }).click();
    await scene.sees('Subscribe to Pro Learn');
    await scene.field('number').waitFor();
    await scene.until('the form is ready', () => scene.button('Pay $105').isEnabled());
    assert.equal(await style(scene.button('Pay $105'), 'background-color'), PURPLE);
    await scene.look('package-subscribe', false);
    await scene.type(CARDS.good);
    await scene.press('Pay $105');
    await page.getByText('The host says welcome').waitFor();
    await page.waitForFunction(() =>
      document.querySelector('[data-told]')?.textContent?.includes('"active"'),
    );
    assert.equal((await told(page)).tier, 'pro-learn');
    assert.equal(await page.getByRole('dialog').count(), 0, 'the dialog is gone');
    assert.equal(new URL(page.url()).pathname, '/pieces', 'nobody is led away');
    const { subscription } = await scene.api('GET', '/api/v1/billing/subscription/');
    assert.equal(subscription.status, 'active');
    assert.equal(subscription.tier_slug, 'pro-learn');
    const billing = await open(scene, '/my/billing?started', 'Billing', { size: 1280 });
    await scene.text('Welcome to Pro Learn').waitFor();
    await scene.look('package-billing', true);
    const [file] = await Promise.all([
      billing.waitForEvent('download'),
      billing.getByRole('link', { name: 'Download usage as CSV' }).click(),
    ]);
    assert.match(readFileSync(await file.path(), 'utf8'), /^date,/);
    await billing.getByRole('link', { name: /^View invoice/ }).click();
    await scene.sees('Invoice');
    assert.equal(new URL(billing.url()).pathname, '/my/invoice');
    await billing.getByRole('button', { name: 'Print or save as PDF' }).waitFor();
    assert.equal(await billing.title(), 'A host', 'the tab keeps its name');
  },

  async 'tokens that are bought are in the host’s header at once'(scene) {
    await scene.member();
    const page = await open(scene, '/my/tokens', 'Your AI tokens', { size: 375 });
    const widget = page.locator('.host-bar [data-balance]');
    assert.equal(await widget.textContent(), '0');
    await scene.button('Buy for $5').click();
    await scene.sees('Buy Starter');
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    await scene.look('package-purchase', false);
    await scene.press('Pay $5');
    await page.getByText('100,000 tokens are in your balance').waitFor();
    await scene.button('Done').click();
    await page.locator('.host-bar [data-balance]', { hasText: '100,000' }).waitFor();
    await scene.look('package-tokens', true);
    assert.equal(await page.locator('a[href="/ai"]').count(), 0, 'the host has no page for the AI');
    assert.equal(await page.locator('#history').count(), 0, 'an id that a host may have');
    const { available } = await scene.api('GET', '/api/v1/billing/tokens/balance/');
    assert.equal(available, 100_000);
  },

  async 'a request of the host’s own waits for tokens, and goes on once they are bought'(scene) {
    await scene.member();
    const page = await open(scene, '/ask', 'The host’s own page', { size: 375 });
    const ask = page.getByRole('button', { name: 'Ask the AI' });
    for (const count of [1, 2, 3]) {
      await ask.click();
      await page.getByText(`answer ${count}: 200 allowance`).waitFor();
    }
    await ask.click();
    await scene.sees('You’re out of AI requests');
    await scene.look('package-paywall', false);
    await page.getByRole('dialog').getByRole('link', { name: 'Buy tokens' }).click();
    await scene.text('Your request waits for tokens').waitFor();
    assert.equal(new URL(page.url()).pathname, '/my/tokens', 'the host’s shop');
    await scene.button('Buy for $5').click();
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    await scene.press('Pay $5');
    await scene.button('Back to your request').click();
    await page.getByText('answer 4: 200 tokens').waitFor();
    assert.equal(new URL(page.url()).pathname, '/ask', 'back where it was asked');
    await page.locator('.host-bar [data-balance]', { hasText: '99,990' }).waitFor();
  },

  async 'the API may be of another origin, which knows the host’s'(scene) {
    await scene.member();
    const path = `/my/tokens?api=${encodeURIComponent(scene.apart)}`;
    const page = await open(scene, path, 'Your AI tokens', { size: 1280 });
    await scene.button('Buy for $20').click();
    await scene.field('number').waitFor();
    await scene.type(CARDS.good);
    await scene.press('Pay $20');
    await page.getByText('500,000 tokens are in your balance').waitFor();
    assert.ok(
      scene.sent.some((text) => text.startsWith(`POST ${scene.apart}/api/v1/billing/tokens/purchase/`)),
      'it was not asked there',
    );
  },

  async 'in Spanish and in the dark'(scene) {
    await scene.member();
    const page = await open(scene, '/my/tokens?locale=es&theme=dark', 'Tus tokens de IA', { size: 1280 });
    const piece = page.locator('.host-main .allthrive');
    assert.equal(await piece.getAttribute('lang'), 'es');
    assert.equal(await style(piece, 'background-color'), 'rgb(12, 19, 17)');
    assert.equal(await page.locator('html').getAttribute('lang'), 'en', 'the host’s language is its own');
    assert.equal(await style(page.locator('[data-layer]'), 'background-color'), 'rgba(0, 0, 0, 0)');
    await scene.look('package-dark', true);
  },
};
