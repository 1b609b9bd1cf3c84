// What no story may do: ask another host, let a card number reach the page, leave an error in the console.
import assert from 'node:assert/strict';

// Complaints of the browser about answers that a story asks for.
const EXPECTED = /^Failed to load resource: the server responded with a status of 4\d\d/;

// Runs in every frame before its scripts: hands on each message that comes to it.
const listen = () => {
  const note = ({ data }) => window.noteMessage(JSON.stringify(data) ?? '');
  addEventListener('message', note);
  const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
  Object.defineProperty(MessagePort.prototype, 'onmessage', {
    set(handler) {
      this.addEventListener('message', note);
      set.call(this, handler);
    },
  });
};

export async function watch(page, hosts) {
  const seen = { requests: [], complaints: [], messages: [] };
  // Kept here, so that it outlives a page that is left.
  await page.exposeBinding('noteMessage', ({ frame }, text) => {
    if (frame === page.mainFrame()) seen.messages.push(text);
  });
  await page.addInitScript(listen);
  page.on('request', (request) => {
    // A navigation's frame may be gone already.
    const frame = request.isNavigationRequest() ? null : request.frame();
    seen.requests.push({ url: request.url(), body: request.postData() ?? '', ofPage: frame === page.mainFrame() });
  });
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !EXPECTED.test(message.text())) seen.complaints.push(message.text());
  });
  return {
    seen,
    // `expected` are complaints that the story is about.
    async check(cards, expected = []) {
      const foreign = seen.requests.filter(({ url }) => !/^(data|blob|about):/.test(url) && !hosts.includes(new URL(url).host));
      assert.deepEqual(foreign.map(({ url }) => url), [], 'requests to other hosts');
      const shown = await page.evaluate(() => document.documentElement.outerHTML);
      const reached = [shown, ...seen.messages, ...seen.requests.filter(({ ofPage }) => ofPage).flatMap(({ url, body }) => [url, body])];
      for (const card of cards) {
        const found = reached.filter((text) => text.replace(/%20|[\s+]/g, '').includes(card));
        assert.deepEqual(found, [], 'the card number has reached the page');
      }
      const complaints = seen.complaints.filter((text) => !expected.some((pattern) => pattern.test(text)));
      assert.deepEqual(complaints, [], 'complaints in the console');
    },
  };
}
