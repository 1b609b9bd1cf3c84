// Drives a sandbox with Stripe's official Node client: sdk.cjs BASE_URL
const assert = require("node:assert/strict");
const http = require("node:http");
const Stripe = require("stripe");

const base = new URL(process.argv[2]);
const options = { host: base.hostname, port: base.port, protocol: "http", maxNetworkRetries: 1 };
const stripe = new Stripe("sk_test_sandbox", { ...options, apiVersion: "2026-05-27.dahlia" });

const advance = (seconds) =>
  fetch(new URL("/_sandbox/clock/advance", base), { method: "POST", body: JSON.stringify({ seconds }) });

async function main() {
  const deliveries = [];
  const hook = http.createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      deliveries.push([body, request.headers["stripe-signature"]]);
      response.end();
    });
  });
  await new Promise((done) => hook.listen(0, "127.0.0.1", done));
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${hook.address().port}/`,
    enabled_events: ["*"],
  });

  const customer = await stripe.customers.create({ email: "jenny@example.com" });
  for (let number = 0; number < 15; number++) await stripe.customers.create({ name: `${number}` });
  let count = 0;
  for await (const _ of stripe.customers.list({ limit: 4 })) count++;
  assert.equal(count, 16);

  await assert.rejects(stripe.paymentMethods.attach("pm_card_chargeDeclined", { customer: customer.id }), (error) => {
    assert(error instanceof Stripe.errors.StripeCardError);
    assert.equal(error.decline_code, "generic_decline");
    return true;
  });
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } });
  const price = await stripe.prices.create({
    currency: "usd",
    unit_amount: 2000,
    recurring: { interval: "month" },
    product_data: { name: "Pro" },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    expand: ["latest_invoice.payments"],
  });
  assert.equal(subscription.status, "active");
  const coupon = await stripe.coupons.create({ amount_off: 500, currency: "usd", duration: "forever" });
  const cheaper = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, discounts: [{ coupon: coupon.id }] }],
    expand: ["latest_invoice", "items.data.discounts"],
  });
  assert.equal(cheaper.latest_invoice.total, 1500);
  assert.equal(cheaper.items.data[0].discounts[0].source.coupon, coupon.id);
  const paid = subscription.latest_invoice.payments.data[0].payment.payment_intent;
  // Events can be read for thirty days.
  const expected = new Set();
  const expect = async () => {
    for await (const event of stripe.events.list({ limit: 100 })) expected.add(event.id);
  };
  await expect();
  await advance(32 * 86400);
  assert.equal((await stripe.invoices.list({ subscription: subscription.id })).data.length, 2);
  assert.equal((await stripe.subscriptions.cancel(subscription.id)).status, "canceled");
  const refund = await stripe.refunds.create({ payment_intent: paid });
  assert.equal(refund.amount, 2000);

  const payment = { amount: 4200, currency: "usd", confirm: true, automatic_payment_methods: { enabled: true, allow_redirects: "never" } };
  const disputed = await stripe.paymentIntents.create({ ...payment, payment_method: "pm_card_createDisputeInquiry" });
  const [inquiry] = (await stripe.disputes.list({ payment_intent: disputed.id })).data;
  await stripe.disputes.update(inquiry.id, { evidence: { uncategorized_text: "escalate_inquiry_evidence" } });
  await advance(10);
  assert.equal((await stripe.disputes.retrieve(inquiry.id)).balance_transactions[0].fee, 1500);
  const held = await stripe.paymentIntents.create({ ...payment, payment_method: "pm_card_visa", capture_method: "manual" });
  await advance(8 * 86400);
  assert.equal((await stripe.paymentIntents.retrieve(held.id)).status, "canceled");
  const credit = await stripe.customers.createBalanceTransaction(customer.id, { amount: -700, currency: "usd" });
  assert.equal((await stripe.customers.retrieve(customer.id)).balance, credit.ending_balance);

  const setup = await stripe.setupIntents.create({
    customer: customer.id,
    payment_method: "pm_card_authenticationRequiredOnSetup",
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: "never" },
  });
  assert.equal(setup.status, "requires_action");
  await stripe.rawRequest("POST", `/v1/setup_intents/${setup.id}/3ds`, { outcome: "succeeded" });
  assert.equal((await stripe.setupIntents.retrieve(setup.id)).status, "succeeded");

  const token = await stripe.testHelpers.confirmationTokens.create({ payment_method: "pm_card_visa" });
  const kept = await stripe.setupIntents.create({ confirm: true, confirmation_token: token.id });
  assert.equal((await stripe.confirmationTokens.retrieve(token.id)).setup_intent, kept.id);

  const once = { idempotencyKey: "once" };
  const first = await stripe.products.create({ name: "x" }, once);
  assert.equal((await stripe.products.create({ name: "x" }, once)).id, first.id);
  await assert.rejects(stripe.products.create({ name: "y" }, once), Stripe.errors.StripeIdempotencyError);
  await assert.rejects(stripe.products.retrieve("prod_none"), { statusCode: 404, code: "resource_missing" });
  await assert.rejects(stripe.products.create({ foo: 1 }), { code: "parameter_unknown", param: "foo" });
  await assert.rejects(
    new Stripe("sk_live_wrong", options).products.list(),
    Stripe.errors.StripeAuthenticationError,
  );

  // A test clock: a renewal in the past, while the business clock stands.
  const clocks = stripe.testHelpers.testClocks;
  const clock = await clocks.create({ frozen_time: 1704067200 });
  const visa = 'pm_card_visa';
  const timed = await stripe.customers.create({
    test_clock: clock.id, payment_method: visa, invoice_settings: { default_payment_method: visa },
  });
  const monthly = await stripe.prices.create({
    currency: 'usd', unit_amount: 2000, recurring: { interval: 'month' }, product_data: { name: 'Timed' },
  });
  const renewing = await stripe.subscriptions.create({ customer: timed.id, items: [{ price: monthly.id }] });
  await clocks.advance(clock.id, { frozen_time: 1706749200 });
  while ((await clocks.retrieve(clock.id)).status !== 'ready');
  const invoices = await stripe.invoices.list({ subscription: renewing.id });
  assert.deepEqual(invoices.data.map((invoice) => [invoice.status, invoice.created]), [['paid', 1706745600], ['paid', 1704067200]]);
  assert.equal((await clocks.del(clock.id)).deleted, true);

  // What follows a charge by itself has followed before the events are counted.
  await advance(5);
  await expect();
  const seen = () => new Set(deliveries.map(([body, signature]) => stripe.webhooks.constructEvent(body, signature, endpoint.secret).id));
  const missing = () => [...expected].filter((id) => !seen().has(id));
  for (let turn = 0; turn < 500 && missing().length > 0; turn++) await new Promise((done) => setTimeout(done, 20));
  assert.deepEqual(missing(), []);
  hook.close();
  console.log(`${seen().size} events delivered and verified by stripe-node`);
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
