// One story's member and page, and short ways to act on it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const CARDS = {
  good: '4242424242424242',
  declined: '4000000000000002',
  poor: '4000000000009995',
  secure: '4000000000003220',
  failsLater: '4000000000000341',
};

const SIZES = { 1920: [1920, 1080], 1280: [1280, 900], 768: [768, 1024], 375: [375, 812] };
export const VIEWS = [375, 768, 1920].flatMap((size) => ['light', 'dark'].map((theme) => ({ size, theme })));
// Where an important state is looked at beside its own view: every size, and the dark.
const SOME = [
  { size: 375, theme: 'dark' },
  { size: 768, theme: 'light' },
];

// Complaints of the browser about answers that a story asks for.
const EXPECTED = /^Failed to load resource: the server responded with a status of 4\d\d/;
let members = 0;

export class Scene {
  constructor(world) {
    Object.assign(this, world);
    this.foreign = [];
    this.complaints = [];
    this.typed = [];
    this.sent = [];
    this.allowed = [];
  }

  // `light`, `dark`; a locale of the browser.
  async open({ size = 1920, theme = 'light', locale = 'en-US' } = {}) {
    const [width, height] = SIZES[size];
    this.size = size;
    this.theme = theme;
    this.context = await this.browser.newContext({
      viewport: { width, height },
      locale,
      timezoneId: 'UTC',
      reducedMotion: 'reduce',
      colorScheme: theme,
    });
    this.context.setDefaultTimeout(20_000);
    if (this.token) await this.addCookie();
    return this.tab();
  }

  // Another page of the same browser; the newest is the story's.
  async tab() {
    this.page = await this.context.newPage();
    // `apart`: where the API is, if it is not where the pages are.
    const ours = [this.base, this.apart].flatMap((base) => (base ? [new URL(base).host] : []));
    const hosts = [...ours, `127.0.0.1:${this.sandboxPort}`, `elements.localhost:${this.sandboxPort}`];
    this.page.on('request', (request) => {
      const url = new URL(request.url());
      if (!['data:', 'blob:', 'about:'].includes(url.protocol) && !hosts.includes(url.host))
        this.foreign.push(request.url());
      if (ours.includes(url.host))
        this.sent.push(`${request.method()} ${request.url()} ${request.postData() ?? ''}`);
    });
    this.page.on('pageerror', (error) => this.complaints.push(String(error)));
    this.page.on('console', (message) => {
      const told = ['error', 'warning'].includes(message.type());
      if (told && !EXPECTED.test(message.text())) this.complaints.push(message.text());
    });
    return this.page;
  }

  async addCookie() {
    await this.context.addCookies([{ name: 'allthrive_session', value: this.token, url: this.base }]);
  }

  // A member of this story's own, who is signed in.
  async member(name = 'Ada Lovelace') {
    members += 1;
    this.email = `member-${members}-${Date.now()}@members.example`;
    const body = { email: this.email, password: 'correct horse', name };
    const answer = await this.api('POST', '/api/v1/auth/register/', body);
    this.token = answer.token;
    if (this.context) await this.addCookie();
    return answer.user;
  }

  // As the member, beside the browser.
  async api(method, path, body) {
    const headers = { 'content-type': 'application/json' };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    const answer = await fetch(`${this.base}${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
    });
    return answer.json();
  }

  // As the host's backend, for one of its members.
  async backend(scopes, subject, path, body) {
    const key = this.operate('keys', 'create', 'backend', '--scopes', scopes);
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      'on-behalf-of': subject,
    };
    const answer = await fetch(`${this.base}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  }

  // As the owner of the Stripe account.
  async stripe(path) {
    const headers = { authorization: 'Bearer sk_test_sandbox' };
    return (await fetch(`${this.sandbox}/v1/${path}`, { headers })).json();
  }

  async stripePost(path, form) {
    const headers = { authorization: 'Bearer sk_test_sandbox' };
    const body = new URLSearchParams(form);
    const answer = await fetch(`${this.sandbox}/v1/${path}`, { method: 'POST', headers, body });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  }

  // A code that takes something off, as the owner makes one.
  async promotion(code, discount) {
    const { id } = await this.stripePost('coupons', discount);
    await this.stripePost('promotion_codes', { 'promotion[type]': 'coupon', 'promotion[coupon]': id, code });
  }

  // What a member does in the bank's challenge, beside the browser.
  async confirmed({ intent, client_secret }) {
    const id = client_secret.split('_secret_')[0];
    await this.stripePost(`${intent}_intents/${id}/3ds`, { outcome: 'succeeded', client_secret });
  }

  async advance(days) {
    await this.ofSandbox('clock/advance', { seconds: Math.round(days * 86_400) });
  }

  // Until the next call, which may name none.
  async faults(rules) {
    await this.ofSandbox('faults', { seed: 1, rules });
  }

  async ofSandbox(path, body) {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${this.sandbox}/_sandbox/${path}`, init);
    assert.ok(answer.ok, `${path}: ${answer.status}`);
  }

  async subscribed(tier_slug, extra = {}) {
    await this.api('POST', '/api/v1/billing/subscribe/', {
      tier_slug,
      billing_period: 'quarterly',
      payment_method_id: 'pm_card_visa',
      trial: false,
      ...extra,
    });
    await this.until('the subscription is there', async () => {
      const { subscription } = await this.api('GET', '/api/v1/billing/subscription/');
      return ['active', 'trialing'].includes(subscription?.status);
    });
  }

  async bought(package_slug) {
    const body = { package_slug, payment_method_id: 'pm_card_visa' };
    const { purchase } = await this.api('POST', '/api/v1/billing/tokens/purchase/', body);
    await this.until('the tokens are there', async () => {
      const seen = await this.api('GET', `/api/v1/billing/tokens/purchases/${purchase.id}/`);
      return seen.purchase.status === 'completed';
    });
  }

  async go(path, heading) {
    await this.page.goto(`${this.base}${path}`);
    await this.sees(heading);
  }

  // A page is there when its heading is, and nothing holds a place any more.
  async sees(heading, level) {
    await this.page.getByRole('heading', { name: heading, level }).first().waitFor();
    await this.settled();
  }

  async settled() {
    await this.page.waitForFunction(() => !document.querySelector('[data-skeleton]'));
    await this.page.evaluate(() => document.fonts.ready);
  }

  button(name, exact = true) {
    return this.page.getByRole('button', { name, exact });
  }

  text(text) {
    return this.page.getByText(text).first();
  }

  // The iframe of the card form.
  field(name, page = this.page) {
    return page
      .frameLocator('iframe[title="Secure payment input frame"]')
      .first()
      .locator(`[name="${name}"]`);
  }

  async type(card, page = this.page) {
    this.typed.push(card);
    await this.field('number', page).pressSequentially(card);
    await this.field('expiry', page).fill('1240');
    await this.field('cvc', page).fill('123');
  }

  // By the keyboard: Chromium sends a click to where a frame of another process was, while the page still grows.
  async press(name) {
    await this.button(name).press('Enter');
  }

  challenge(answer) {
    return this.#bank(answer).click();
  }

  // Until the bank can be answered.
  challenged() {
    return this.#bank(/complete/i).waitFor();
  }

  #bank(answer) {
    const layer = this.page.frameLocator('iframe[title="3D Secure authentication challenge"]');
    return layer.getByRole('button', { name: answer, disabled: false });
  }

  // From the list on the billing page to the newest invoice.
  async invoice() {
    const link = this.page.getByRole('link', { name: /^View invoice / });
    await link.first().click();
    await this.sees('Invoice', 1);
    await this.page.getByRole('table').waitFor();
  }

  async until(what, check) {
    const end = Date.now() + 15_000;
    for (;;) {
      const value = await check();
      if (value) return value;
      assert.ok(Date.now() < end, `${what} did not happen`);
      await new Promise((later) => setTimeout(later, 50));
    }
  }

  // Pictures of the window or of the whole page; with `more` of an important state, at every size. WEB_PICTURES=all
  // takes each at every size and in both themes.
  async picture(name, { whole = true, more = false, loading = false } = {}) {
    const here = { size: this.size, theme: this.theme };
    const wanted = process.env.WEB_PICTURES === 'all' ? VIEWS : more ? SOME : [];
    const others = wanted.filter(({ size, theme }) => size !== here.size || theme !== here.theme);
    await this.look(name, whole, loading);
    if (this.travels || !others.length) return;
    for (const view of others) {
      await this.turnTo(view);
      await this.look(name, whole, loading);
    }
    await this.turnTo(here);
  }

  // Another size and theme of the page as it stands.
  async turnTo({ size, theme }) {
    const [width, height] = SIZES[size];
    await this.page.setViewportSize({ width, height });
    // Below a dialog it cannot be clicked by a hand.
    if (theme !== this.theme) await this.page.evaluate(() => document.querySelector('header button').click());
    Object.assign(this, { size, theme });
    await this.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100))));
  }

  async look(name, whole, loading) {
    if (!loading) await this.settled();
    const path = join(this.pictures, `${name}-${this.size}-${this.theme}.png`);
    await this.page.screenshot({ path, fullPage: whole });
    const wrong = await this.page.evaluate((loading) => {
      const found = [];
      const root = document.documentElement;
      if (root.scrollWidth > root.clientWidth)
        found.push(`overflows: ${root.scrollWidth} in ${root.clientWidth}`);
      if (!loading && (document.querySelector('#root')?.textContent ?? '').length < 80) found.push('blank');
      if (!document.fonts.check('15px "Hanken Grotesk Variable"')) found.push('the font is not there');
      for (const toggle of document.querySelectorAll('[data-segmented]')) {
        const tops = new Set([...toggle.querySelectorAll('label')].map((label) => label.offsetTop));
        if (tops.size > 1 || toggle.getBoundingClientRect().right > root.clientWidth)
          found.push('the toggle wraps');
      }
      return found;
    }, loading);
    assert.deepEqual(wrong, [], `${name} at ${this.size}, ${this.theme}`);
    await this.accessible(`${name} at ${this.size}, ${this.theme}`);
  }

  // The page and the frames in it: the card form's are of another origin, so each is asked by itself.
  async accessible(where) {
    for (const frame of this.page.frames()) {
      if (frame.isDetached() || frame.url().startsWith('chrome-error:')) continue;
      if (!(await frame.evaluate(() => 'axe' in window)))
        await frame.evaluate(readFileSync(this.axe, 'utf8'));
      const isPage = frame === this.page.mainFrame();
      const violations = await frame.evaluate(async (isPage) => {
        // A frame is a part of a page, with neither landmarks nor headings nor a ground of its own: its colours are
        // the page's, and seen there.
        const rules = isPage
          ? {}
          : Object.fromEntries(
              ['region', 'landmark-one-main', 'page-has-heading-one', 'color-contrast'].map((id) => [
                id,
                { enabled: false },
              ]),
            );
        const { violations } = await window.axe.run(document, { iframes: false, rules });
        return violations.map(
          ({ id, nodes }) =>
            `${id}: ${nodes.map(({ html, any }) => `${html} (${any[0]?.message ?? ''})`).join(' ')}`,
        );
      }, isPage);
      assert.deepEqual(violations, [], `axe, ${where}${isPage ? '' : `, ${frame.url().split('?')[0]}`}`);
    }
  }

  // What holds of every story.
  async end() {
    assert.deepEqual(this.foreign, [], 'requests to other hosts');
    const complaints = this.complaints.filter((text) => !this.allowed.some((pattern) => pattern.test(text)));
    assert.deepEqual(complaints, [], 'complaints in the console');
    for (const card of this.typed) {
      const told = this.sent.filter((text) => text.replace(/%20|[\s+]/g, '').includes(card));
      assert.deepEqual(told, [], 'the card number has reached us');
    }
  }

  // Another size or theme in the same story.
  async again(how) {
    await this.end();
    await this.context.close();
    return this.open(how);
  }

  async close() {
    await this.context?.close();
  }
}
