// Events signed and delivered; errors, idempotency, versions; faults that the Node client tries to get through.
const { assert, Stripe, advance, connect, everything, faults, payer, price, receive, tell, until, KEY, NO_REDIRECTS, VERSION } = require("./world.cjs");

const stripe = connect();
const refused = (call, shown) => assert.rejects(call, shown);

tell(async () => {
  // Every event that exists came, and its signature holds.
  const receiver = await receive();
  const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ["*"], api_version: VERSION });
  const customer = await payer(stripe);
  await stripe.customers.update(customer.id, { name: "After" }, { idempotencyKey: "the-change" });
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: (await price(stripe, 700, "week")).id }] });
  await advance(7 * 86400 + 3700);
  await advance(5);
  const heard = () => receiver.seen.map(([body, signature]) => stripe.webhooks.constructEvent(body, signature, endpoint.secret));
  await until(async () => {
    const made = await everything(stripe.events.list({ limit: 100 }));
    const ids = new Set(heard().map((event) => event.id));
    return made.every((id) => ids.has(id));
  });
  const change = heard().find((event) => event.request.idempotency_key === "the-change");
  assert.deepEqual([change.type, change.data.previous_attributes, change.api_version], ["customer.updated", { name: null }, VERSION]);
  assert.equal(heard().filter((event) => event.type === "invoice.paid").length, 2);
  const [body, signature] = receiver.seen[0];
  assert.throws(() => stripe.webhooks.constructEvent(`${body} `, signature, endpoint.secret), Stripe.errors.StripeSignatureVerificationError);
  await stripe.webhookEndpoints.del(endpoint.id);

  // Errors by type, code and parameter.
  await refused(stripe.products.retrieve("prod_none"), { statusCode: 404, code: "resource_missing", param: "id" });
  await refused(stripe.products.create({ foo: 1 }), { code: "parameter_unknown", param: "foo" });
  await refused(connect({}, "sk_live_wrong").products.list(), { type: "StripeAuthenticationError", statusCode: 401 });
  await refused(stripe.paymentIntents.create({ amount: 500, currency: "usd", payment_method: "pm_card_chargeCustomerFail", confirm: true, automatic_payment_methods: NO_REDIRECTS }), (error) => {
    assert(error instanceof Stripe.errors.StripeCardError);
    assert.equal(error.payment_intent.status, "requires_payment_method");
    return true;
  });
  await refused(connect({ apiVersion: "2031-01-01.fig" }).balance.retrieve(), { statusCode: 400 });
  assert.equal((await connect({ apiVersion: "2025-03-31.basil" }).balance.retrieve()).lastResponse.apiVersion, "2025-03-31.basil");

  // One key, one effect.
  const once = { idempotencyKey: "once" };
  const first = await stripe.products.create({ name: "x" }, once);
  assert.equal((await stripe.products.create({ name: "x" }, once)).id, first.id);
  await refused(stripe.products.create({ name: "y" }, once), Stripe.errors.StripeIdempotencyError);

  // Faults are seen by who does not try again, and leave exactly one of each to who does.
  for (const [status, type] of [[429, "StripeRateLimitError"], [500, "StripeAPIError"], [503, "StripeAPIError"]]) {
    await faults({ target: "request", share: 1, status });
    await refused(stripe.customers.list(), { statusCode: status, type });
  }
  await faults({ target: "request", share: 1, drop: true });
  await refused(stripe.customers.list(), { type: "StripeConnectionError" });
  await faults();
  const stubborn = connect({ maxNetworkRetries: 12 }, `${KEY}stubborn`);
  const monthly = await price(stubborn, 700);
  await faults({ target: "request", share: 0.3, when: "after", status: 500 });
  await Promise.all(Array.from({ length: 8 }, async (_, number) => {
    const who = await payer(stubborn, "pm_card_visa", { name: `${number}` });
    await stubborn.paymentIntents.create({ amount: 500, currency: "usd", payment_method: "pm_card_visa", confirm: true, automatic_payment_methods: NO_REDIRECTS });
    await stubborn.subscriptions.create({ customer: who.id, items: [{ price: monthly.id }] });
  }));
  await faults();
  const count = async (list) => (await everything(list)).length;
  assert.deepEqual(
    [await count(stubborn.customers.list()), await count(stubborn.subscriptions.list()), await count(stubborn.paymentIntents.list())],
    [8, 8, 16],
    "a subscription pays by an intent of its own",
  );
});
