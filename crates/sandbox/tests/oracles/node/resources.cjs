// Every resource by the Node client: made, read, changed, listed page by page, sought, put away.
const { assert, advance, connect, everything, payer, price, tell, NO_REDIRECTS } = require("./world.cjs");

const stripe = connect();
const refused = (call, shown) => assert.rejects(call, shown);

tell(async () => {
  // The catalog.
  const product = await stripe.products.create({ name: "Community", metadata: { a: "1", b: "2" } });
  assert.deepEqual((await stripe.products.update(product.id, { metadata: { a: "", c: "3" } })).metadata, { b: "2", c: "3" });
  assert.deepEqual(await everything(stripe.products.search({ query: "metadata['c']:'3'" })), [product.id]);
  const first = await stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 500, lookup_key: "pro", recurring: { interval: "month" } });
  const next = await stripe.prices.create({ product: product.id, currency: "usd", unit_amount: 600, lookup_key: "pro", transfer_lookup_key: true, recurring: { interval: "month" } });
  const found = await stripe.prices.list({ lookup_keys: ["pro"], expand: ["data.product"] });
  assert.deepEqual(found.data.map((one) => [one.id, one.product.name]), [[next.id, "Community"]]);
  assert.equal((await stripe.prices.update(first.id, { active: false })).active, false);
  assert.deepEqual(await everything(stripe.prices.list({ active: true, type: "recurring" })), [next.id]);
  await refused(stripe.products.del(product.id), { statusCode: 400 });
  const plan = await stripe.plans.create({ id: "small", amount: 100, currency: "usd", interval: "month", product: { name: "Small" } });
  assert.equal((await stripe.prices.retrieve("small")).unit_amount, plan.amount);
  assert.equal((await stripe.plans.del("small")).deleted, true);
  const coupon = await stripe.coupons.create({ amount_off: 500, currency: "usd", duration: "forever" });
  const code = await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "FIVE" });
  assert.deepEqual(await everything(stripe.promotionCodes.list({ code: "five" })), [code.id]);
  assert.equal((await stripe.coupons.update(coupon.id, { name: "Five" })).name, "Five");

  // Customers, their cards and balance.
  const customer = await stripe.customers.create({ email: "jenny@example.com", name: "Jenny" });
  for (let number = 0; number < 15; number++) await stripe.customers.create({ name: `${number}` });
  assert.equal((await everything(stripe.customers.list({ limit: 4 }))).length, 16);
  assert.deepEqual(await everything(stripe.customers.list({ email: "jenny@example.com" })), [customer.id]);
  await refused(stripe.paymentMethods.attach("pm_card_chargeDeclined", { customer: customer.id }), { type: "StripeCardError", decline_code: "generic_decline" });
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } });
  const expanded = await stripe.customers.retrieve(customer.id, { expand: ["invoice_settings.default_payment_method"] });
  assert.equal(expanded.invoice_settings.default_payment_method.card.last4, "4242");
  const credit = await stripe.customers.createBalanceTransaction(customer.id, { amount: -700, currency: "usd" });
  assert.equal((await stripe.customers.retrieve(customer.id)).balance, credit.ending_balance);
  const setup = await stripe.setupIntents.create({ customer: customer.id, payment_method: "pm_card_authenticationRequiredOnSetup", confirm: true, automatic_payment_methods: NO_REDIRECTS });
  assert.equal(setup.status, "requires_action");
  await stripe.rawRequest("POST", `/v1/setup_intents/${setup.id}/3ds`, { outcome: "succeeded" });
  assert.equal((await stripe.setupIntents.retrieve(setup.id)).status, "succeeded");

  const token = await stripe.testHelpers.confirmationTokens.create({ payment_method: "pm_card_visa" });
  const confirmed = await stripe.setupIntents.create({ confirm: true, confirmation_token: token.id });
  assert.equal((await stripe.confirmationTokens.retrieve(token.id)).setup_intent, confirmed.id);

  // Payments, refunds, disputes.
  const payment = { amount: 4200, currency: "usd", confirm: true, automatic_payment_methods: NO_REDIRECTS };
  const paid = await stripe.paymentIntents.create({ ...payment, payment_method: "pm_card_visa", metadata: { order: "7" } });
  assert.deepEqual(await everything(stripe.paymentIntents.search({ query: "metadata['order']:'7'" })), [paid.id]);
  assert.equal((await stripe.refunds.create({ payment_intent: paid.id, amount: 1200 })).amount, 1200);
  await advance(5);
  const charge = await stripe.charges.retrieve(paid.latest_charge, { expand: ["refunds", "balance_transaction"] });
  assert.deepEqual([charge.amount_refunded, charge.refunds.data.length, charge.balance_transaction.amount], [1200, 1, 4200]);
  const held = await stripe.paymentIntents.create({ ...payment, payment_method: "pm_card_visa", capture_method: "manual" });
  assert.equal((await stripe.paymentIntents.capture(held.id, { amount_to_capture: 200 })).amount_received, 200);
  const disputed = await stripe.paymentIntents.create({ ...payment, payment_method: "pm_card_createDispute" });
  const [dispute] = (await stripe.disputes.list({ payment_intent: disputed.id })).data;
  assert.equal((await stripe.disputes.close(dispute.id)).status, "lost");
  const [balance] = (await stripe.balance.retrieve()).pending;
  assert.equal(typeof balance.amount, "number");

  // Subscriptions, their items, invoices and schedules.
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: next.id, discounts: [{ coupon: coupon.id }] }], expand: ["latest_invoice.payments", "items.data.discounts"] });
  // What an item's own discount takes off is no part of the subtotal.
  const { lines, subtotal, total } = subscription.latest_invoice;
  assert.deepEqual([lines.data[0].amount, lines.data[0].discount_amounts[0].amount, subtotal, total], [600, 500, 100, 100]);
  assert.equal(subscription.items.data[0].discounts[0].source.coupon, coupon.id);
  const item = await stripe.subscriptionItems.create({ subscription: subscription.id, price: (await price(stripe, 50)).id, proration_behavior: "none" });
  assert.equal((await stripe.subscriptionItems.del(item.id, { proration_behavior: "none" })).deleted, true);
  assert.deepEqual(await everything(stripe.subscriptions.list({ price: next.id })), [subscription.id]);
  const draft = await stripe.invoices.create({ customer: customer.id, auto_advance: false });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 900, currency: "usd" });
  const open = await stripe.invoices.finalizeInvoice(draft.id);
  assert.deepEqual([open.total, (await stripe.invoices.voidInvoice(open.id)).status], [900, "void"]);
  assert.deepEqual(await everything(stripe.invoices.list({ status: "void" })), [open.id]);
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: subscription.id });
  assert.equal((await stripe.subscriptionSchedules.release(schedule.id)).status, "released");

  // Checkout and the portal.
  const buyer = await payer(stripe);
  const session = await stripe.checkout.sessions.create({ mode: "payment", customer: buyer.id, success_url: "https://example.com", line_items: [{ quantity: 3, price_data: { currency: "usd", unit_amount: 300, product_data: { name: "Tokens" } } }] });
  await stripe.rawRequest("POST", `/v1/payment_pages/${session.id}/confirm`, { payment_method: "pm_card_visa", expected_amount: 900 });
  const bought = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent", "line_items"] });
  assert.deepEqual([bought.status, bought.payment_intent.amount_received, bought.line_items.data[0].quantity], ["complete", 900, 3]);
  assert((await stripe.billingPortal.sessions.create({ customer: buyer.id })).url.startsWith("http"));
  assert.equal((await stripe.customers.del(customer.id)).deleted, true);
});
