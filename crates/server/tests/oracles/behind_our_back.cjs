// What an operator does with Stripe's official Node client, while the application looks away:
// behind_our_back.cjs BASE_URL SUBSCRIPTION_TO_CANCEL SUBSCRIPTION_TO_CHANGE LOOKUP_KEY PAYMENT SUBSCRIPTION_TO_PAY
const assert = require("node:assert/strict");
const Stripe = require("stripe");

const [address, toCancel, toChange, lookupKey, payment, toPay] = process.argv.slice(2);
const base = new URL(address);
const stripe = new Stripe("sk_test_sandbox", {
  host: base.hostname,
  port: base.port,
  protocol: "http",
  apiVersion: "2026-05-27.dahlia",
});

async function main() {
  await stripe.subscriptions.cancel(toCancel);

  const price = (await stripe.prices.list({ lookup_keys: [lookupKey] })).data[0];
  const item = (await stripe.subscriptions.retrieve(toChange)).items.data[0];
  await stripe.subscriptions.update(toChange, {
    items: [{ id: item.id, price: price.id }],
    proration_behavior: "none",
  });

  await stripe.refunds.create({ payment_intent: payment, amount: 250 });

  const invoice = (await stripe.invoices.list({ subscription: toPay, status: "open" })).data[0];
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: invoice.customer });
  assert.equal((await stripe.invoices.pay(invoice.id, { payment_method: card.id })).status, "paid");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
