// How fast the pages are on a slow machine: measure.mjs BINARY. Chromium with a quarter of the processor and a line of
// 1.6 Mbit/s with 150 ms (Lighthouse's slow 4G). Prints what it measures, and exits 1 where a goal is missed.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { startServer } from './server.mjs';

const [binary] = process.argv.slice(2);
const GOALS = { javascript: 160_000, shift: 0.05, interaction: 100 };
const LINE = { offline: false, latency: 150, downloadThroughput: 204_800, uploadThroughput: 96_000 };

const server = await startServer(binary, join(tmpdir(), 'allthrive-measure.log'));
const browser = await launch();
const missed = [];
const row = (what, value, unit, goal) => {
  const holds = goal === undefined || value <= goal;
  if (!holds) missed.push(what);
  const of = goal === undefined ? '' : `  goal ${goal}${holds ? '' : '  MISSED'}`;
  console.log(`${what.padEnd(48)} ${String(value).padStart(8)} ${unit}${of}`);
};

// What the browser itself counts, from the first moment on (https://w3c.github.io/event-timing/).
function watch() {
  window.seen = { shift: 0, interactions: [], paint: 0 };
  const observe = (type, each, options = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({
      type,
      buffered: true,
      ...options,
    });
  observe('layout-shift', (entry) => {
    if (!entry.hadRecentInput) window.seen.shift += entry.value;
  });
  observe('largest-contentful-paint', (entry) => {
    window.seen.paint = entry.startTime;
  });
  observe('event', (entry) => entry.interactionId && window.seen.interactions.push(entry.duration), {
    durationThreshold: 16,
  });
}

async function open(path, heading, size, token) {
  const context = await browser.newContext({ viewport: size, locale: 'en-US', timezoneId: 'UTC' });
  if (token) await context.addCookies([{ name: 'allthrive_session', value: token, url: server.base }]);
  const page = await context.newPage();
  await page.addInitScript(watch);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', LINE);
  const scripts = new Map();
  let bytes = 0;
  devtools.on('Network.responseReceived', ({ requestId, type }) => scripts.set(requestId, type));
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.get(requestId) === 'Script') bytes += encodedDataLength;
  });
  await page.goto(`${server.base}${path}`);
  await page.getByRole('heading', { name: heading }).first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[data-skeleton]'));
  await page.waitForLoadState('networkidle');
  return { page, javascript: () => bytes };
}

const seen = (page) => page.evaluate(() => window.seen);

// The slowest of what the browser has counted for one thing that was done; under its threshold of 16 ms it counts none.
async function interaction(page, what, act) {
  await page.evaluate(() => {
    window.seen.interactions.length = 0;
  });
  await act();
  await page.evaluate(
    () =>
      new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300)))),
  );
  const durations = (await seen(page)).interactions;
  row(`  ${what}`, Math.max(16, ...durations), 'ms', GOALS.interaction);
}

async function member() {
  const body = {
    email: `slow-${Date.now()}@members.example`,
    password: 'correct horse',
    name: 'Ada Lovelace',
  };
  const answer = await fetch(`${server.base}/api/v1/auth/register/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await answer.json()).token;
}

const DESKTOP = { width: 1920, height: 1080 };
const PHONE = { width: 375, height: 812 };
const PAGES = [
  ['/pricing', 'Pick the plan'],
  ['/account/billing', 'Usage'],
  ['/tokens', 'Your AI tokens'],
  ['/ai', 'Ask the AI'],
];

try {
  const token = await member();
  for (const [name, size] of [
    ['1920', DESKTOP],
    ['375', PHONE],
  ]) {
    for (const [path, heading] of PAGES) {
      const { page, javascript } = await open(path, heading, size, path === '/pricing' ? undefined : token);
      console.log(`${path} at ${name}`);
      const { shift, paint } = await seen(page);
      row('  JavaScript', javascript(), 'B', path === '/pricing' ? GOALS.javascript : undefined);
      row('  largest paint', Math.round(paint), 'ms');
      row('  layout shift', Number(shift.toFixed(4)), '', GOALS.shift);
      await page.context().close();
    }
  }
  const { page } = await open('/pricing', 'Pick the plan', PHONE, token);
  console.log('interactions on /pricing at 375');
  await interaction(page, 'another period', () => page.getByText('Annual').first().click());
  await interaction(page, 'another theme', () => page.getByRole('button', { name: /theme/ }).click());
  await interaction(page, 'the dialog opens', () =>
    page.getByRole('button', { name: 'Start Free Trial' }).click(),
  );
  await page.getByRole('button', { name: 'Start Trial' }).waitFor({ timeout: 60_000 });
  await interaction(page, 'the dialog closes', () => page.keyboard.press('Escape'));
  await page.context().close();
  const chat = await open('/ai', 'Ask the AI', PHONE, token);
  console.log('interactions on /ai at 375');
  await interaction(chat.page, 'typing', () =>
    chat.page.getByLabel('Your question').pressSequentially('Hello'),
  );
  await interaction(chat.page, 'asking', () => chat.page.getByRole('button', { name: 'Ask' }).click());
} finally {
  await browser.close();
  server.stop();
}
console.log(missed.length ? `missed: ${missed.map((what) => what.trim()).join(', ')}` : 'every goal is met');
process.exit(missed.length ? 1 : 0);
