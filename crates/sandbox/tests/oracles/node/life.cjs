// Subscriptions through time by the Node client: prorations as previewed, trials, renewals, dunning, test clocks.
const { assert, advance, connect, now, payer, price, tell, until, DAY } = require("./world.cjs");

const stripe = connect();
const HOUR = 3700;
const subscribe = (customer, price, more = {}) =>
  stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], expand: ["latest_invoice"], ...more });
const read = (subscription) => stripe.subscriptions.retrieve(subscription.id, { expand: ["latest_invoice"] });
const ends = async (subscription) => (await read(subscription)).items.data[0].current_period_end - (await now());

tell(async () => {
  const customer = await payer(stripe);
  const [small, large] = [await price(stripe, 2000), await price(stripe, 6000)];

  // What a preview says is what is charged, in both billing modes.
  for (const type of ["classic", "flexible"]) {
    const began = await subscribe(customer, small, { billing_mode: { type } });
    await advance(11 * DAY + 4321);
    const change = { items: [{ id: began.items.data[0].id, price: large.id }], proration_behavior: "always_invoice", proration_date: await now() };
    const preview = await stripe.invoices.createPreview({ subscription: began.id, subscription_details: change });
    const { latest_invoice: charged } = await stripe.subscriptions.update(began.id, { ...change, expand: ["latest_invoice"] });
    const shown = (invoice) => invoice.lines.data.map((line) => [line.description, line.amount]);
    assert.deepEqual([shown(charged), charged.total], [shown(preview), preview.total]);
    assert(charged.total > 0 && charged.total < 4000);
    assert.equal((await stripe.subscriptions.cancel(began.id)).status, "canceled");
  }

  // A trial becomes a subscription; collection pauses; an end is planned, taken back, and comes.
  const trial = await subscribe(customer, small, { trial_period_days: 3 });
  assert.deepEqual([trial.status, trial.latest_invoice.total], ["trialing", 0]);
  await advance(3 * DAY + HOUR);
  const begun = await read(trial);
  assert.deepEqual([begun.status, begun.latest_invoice.amount_paid], ["active", 2000]);
  await stripe.subscriptions.update(trial.id, { pause_collection: { behavior: "mark_uncollectible" } });
  await advance((await ends(trial)) + 2 * HOUR);
  assert.equal((await read(trial)).latest_invoice.status, "uncollectible");
  assert.equal((await stripe.subscriptions.update(trial.id, { pause_collection: "" })).pause_collection, null);
  assert((await stripe.subscriptions.update(trial.id, { cancel_at_period_end: true })).cancel_at > (await now()));
  assert.equal((await stripe.subscriptions.update(trial.id, { cancel_at_period_end: false })).cancel_at, null);
  await stripe.subscriptions.update(trial.id, { cancel_at_period_end: true });
  await advance((await ends(trial)) + 60);
  assert.equal((await read(trial)).status, "canceled");

  // A first payment that nobody authenticates expires; a renewal that fails is given up in the end.
  const waits = await subscribe(await payer(stripe, "pm_card_authenticationRequired"), small);
  assert.equal(waits.status, "incomplete");
  await advance(23 * 3600 + 60);
  assert.equal((await read(waits)).status, "incomplete_expired");
  const poor = await payer(stripe);
  const owes = await subscribe(poor, small);
  const bad = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: poor.id });
  await stripe.subscriptions.update(owes.id, { default_payment_method: bad.id });
  await advance((await ends(owes)) + 2 * HOUR);
  assert.equal((await read(owes)).status, "past_due");
  await advance(20 * DAY);
  assert.deepEqual([(await read(owes)).status, (await read(owes)).cancellation_details.reason], ["canceled", "payment_failed"]);

  // A pending update waits for its payment.
  const pending = await subscribe(await payer(stripe), small);
  const failing = await stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer: pending.customer });
  await stripe.subscriptions.update(pending.id, { default_payment_method: failing.id });
  const held = await stripe.subscriptions.update(pending.id, { items: [{ id: pending.items.data[0].id, price: large.id }], payment_behavior: "pending_if_incomplete", proration_behavior: "always_invoice" });
  assert.deepEqual([held.pending_update !== null, held.items.data[0].price.id], [true, small.id]);
  await advance(DAY);
  assert.deepEqual([(await read(pending)).pending_update, (await read(pending)).items.data[0].price.id], [null, small.id]);

  // A test clock: a renewal in the past, while the business clock stands.
  const clocks = stripe.testHelpers.testClocks;
  const clock = await clocks.create({ frozen_time: 1704067200 });
  const timed = await payer(stripe, "pm_card_visa", { test_clock: clock.id });
  const renewing = await subscribe(timed, small);
  await clocks.advance(clock.id, { frozen_time: 1706749200 });
  await until(async () => (await clocks.retrieve(clock.id)).status === "ready");
  const invoices = await stripe.invoices.list({ subscription: renewing.id });
  assert.deepEqual(invoices.data.map((invoice) => [invoice.status, invoice.created]), [["paid", 1706745600], ["paid", 1704067200]]);
  assert.equal((await clocks.del(clock.id)).deleted, true);
});
