"""What an operator does with Stripe's official Python client, while the application looks away:
behind_our_back.py BASE_URL SUBSCRIPTION_TO_CANCEL SUBSCRIPTION_TO_CHANGE LOOKUP_KEY PAYMENT SUBSCRIPTION_TO_PAY"""

import sys

import stripe

base, to_cancel, to_change, lookup_key, payment, to_pay = sys.argv[1:]
client = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": base}, stripe_version="2026-05-27.dahlia").v1

client.subscriptions.cancel(to_cancel)

price = client.prices.list({"lookup_keys": [lookup_key]}).data[0]
item = client.subscriptions.retrieve(to_change)["items"].data[0]
client.subscriptions.update(
    to_change, {"items": [{"id": item.id, "price": price.id}], "proration_behavior": "none"}
)

client.refunds.create({"payment_intent": payment, "amount": 250})

invoice = client.invoices.list({"subscription": to_pay, "status": "open"}).data[0]
card = client.payment_methods.attach("pm_card_visa", {"customer": invoice.customer})
assert client.invoices.pay(invoice.id, {"payment_method": card.id}).status == "paid"
