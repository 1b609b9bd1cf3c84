// What every story needs: a client with an account of its own, the sandbox's clock and faults, a receiver of webhooks.
const assert = require("node:assert/strict");
const http = require("node:http");
const path = require("node:path");
const Stripe = require("stripe");

const base = new URL(process.argv[2]);
const KEY = `sk_test_node${path.parse(process.argv[1]).name}`;
const VERSION = "2026-05-27.dahlia";
const DAY = 86400;
const NO_REDIRECTS = { enabled: true, allow_redirects: "never" };

const connect = (more = {}, key = KEY) =>
  new Stripe(key, { host: base.hostname, port: base.port, protocol: "http", maxNetworkRetries: 0, apiVersion: VERSION, ...more });

/** The sandbox's own addresses. */
async function own(where, body) {
  const answer = await fetch(new URL(where, base), body ? { method: "POST", body: JSON.stringify(body) } : {});
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

const advance = (seconds) => own("/_sandbox/clock/advance", { seconds });
const now = async () => (await own("/_sandbox/clock")).now;
const faults = (...rules) => own("/_sandbox/faults", { seed: 1, rules });

/** Waits for something that follows by itself; answers it. */
async function until(what) {
  for (let turn = 0; turn < 1500; turn++) {
    const found = await what();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error("it did not come");
}

/** The ids of a whole list, page by page. */
async function everything(list) {
  const ids = [];
  for await (const one of list) ids.push(one.id);
  return ids;
}

/** A customer who pays by this card. */
const payer = (stripe, card = "pm_card_visa", more = {}) =>
  stripe.customers.create({ payment_method: card, invoice_settings: { default_payment_method: card }, ...more });

const price = (stripe, unit_amount, interval = "month", interval_count = 1) =>
  stripe.prices.create({ currency: "usd", unit_amount, recurring: { interval, interval_count }, product_data: { name: "Pro" } });

/** An endpoint of an application: keeps what it is sent. */
async function receive() {
  const seen = [];
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      seen.push([body, request.headers["stripe-signature"]]);
      response.end();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { seen, url: `http://127.0.0.1:${server.address().port}/` };
}

/** Tells a story, and ends with it. */
function tell(story) {
  story().then(
    () => process.exit(0),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
}

module.exports = { assert, Stripe, KEY, VERSION, DAY, NO_REDIRECTS, connect, own, advance, now, faults, until, everything, payer, price, receive, tell };
