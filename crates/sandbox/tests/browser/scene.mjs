// One story's page, and short ways to act on it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { watch } from './watch.mjs';

export const CARDS = {
  good: '4242424242424242',
  declined: '4000000000000002',
  poor: '4000000000009995',
  secure: '4000000000003220',
  secureDeclined: '4000008400001629',
  amex: '378282246310005',
};

export class Scene {
  #cards = [];

  constructor(world) {
    Object.assign(this, world);
    this.expected = [];
  }

  async intent(object = 'payment_intents', params = {}) {
    const made = object === 'payment_intents' ? { amount: 1099, currency: 'usd', ...params } : params;
    return this.stripe('POST', object, made);
  }

  // Opens the page; `how` is what it shows and does. See page/main.jsx.
  async open(how, { width = 1280, height = 900, dark = false, path = '/' } = {}) {
    this.context = await this.browser.newContext({
      viewport: { width, height }, locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce', colorScheme: dark ? 'dark' : 'light',
    });
    this.context.setDefaultTimeout(10_000);
    this.page = await this.context.newPage();
    const hosts = [`127.0.0.1:${this.sandboxPort}`, `elements.localhost:${this.sandboxPort}`, new URL(this.shop).host];
    this.watch = await watch(this.page, hosts);
    await this.page.goto(`${this.shop}${path}?how=${encodeURIComponent(JSON.stringify({ dark, ...how }))}`);
    return this.page;
  }

  frame(title = 'Secure payment input frame') {
    return this.page.frameLocator(`iframe[title="${title}"]`).first();
  }

  field(name, title) {
    return this.frame(title).locator(`[name="${name}"]`);
  }

  async type(card, { expiry = '1240', cvc = '123' } = {}) {
    this.#cards.push(card);
    await this.field('number').pressSequentially(card);
    await this.field('expiry').fill(expiry);
    await this.field('cvc').fill(cvc);
  }

  async typeCard(card, title = 'Secure card payment input frame') {
    this.#cards.push(card);
    await this.field('cardnumber', title).pressSequentially(card);
    await this.field('exp-date', title).fill('1240');
    await this.field('cvc', title).fill('123');
  }

  // A number that has to stay in its frame.
  typed(card) {
    this.#cards.push(card);
  }

  // By the keyboard: Chromium sends a click to where a frame of another process was, while the page still grows.
  async pay() {
    await this.page.getByRole('button', { name: 'Pay' }).press('Enter');
  }

  async result() {
    return JSON.parse(await this.page.locator('#result').textContent());
  }

  async paid() {
    await this.pay();
    return this.result();
  }

  challenge() {
    return this.page.frameLocator('iframe[title="3D Secure authentication challenge"]');
  }

  async answer(button) {
    await this.challenge().getByRole('button', { name: button, exact: true }).click();
  }

  // Until these elements stand where they stay.
  async ready(...types) {
    for (const type of types) await this.until(`${type} is ready`, async () => (await this.heard(type, 'ready')).length);
  }

  // What the page heard of an element, by the names of the events.
  heard(type, event) {
    return this.page.evaluate(
      ([of, what]) => window.heard.filter((one) => one.type === of && one.event === what).map((one) => one.detail),
      [type, event],
    );
  }

  async until(what, check) {
    const end = Date.now() + 10_000;
    for (;;) {
      const value = await check();
      if (value) return value;
      assert.ok(Date.now() < end, `${what} did not happen`);
      await new Promise((later) => setTimeout(later, 50));
    }
  }

  // Of what is in the window: for a whole page Chromium changes its size, and frames of other processes come late.
  async picture(name) {
    await this.page?.screenshot({ path: join(this.pictures, `${name.replace(/[^\w]+/g, '-')}.png`) });
  }

  // What axe finds wrong in the page's frames of the sandbox.
  async findings() {
    const axe = readFileSync(this.axe, 'utf8');
    const found = [];
    // The frame is transparent: what is behind it is the page's.
    const behind = await this.page.evaluate(() => getComputedStyle(document.querySelector('main')).backgroundColor);
    for (const frame of this.page.frames().filter((one) => one.url().includes('elements.localhost'))) {
      await frame.evaluate(axe);
      if (frame.url().includes('/elements/frame')) await frame.evaluate((color) => (document.body.style.background = color), behind);
      const { violations } = await frame.evaluate(() =>
        // Of a frame alone: it is no page with landmarks and a heading.
        window.axe.run(document, { rules: { region: { enabled: false }, 'page-has-heading-one': { enabled: false }, 'landmark-one-main': { enabled: false } } }),
      );
      found.push(...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`));
    }
    return found;
  }

  // What holds of every page.
  async end() {
    if (this.page) await this.watch.check(this.#cards, this.expected);
  }

  // Another page in the same story.
  async turn() {
    await this.end();
    await this.close();
  }

  async close() {
    await this.context?.close();
    this.page = null;
  }
}
