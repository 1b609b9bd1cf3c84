"""Drives a sandbox with Stripe's official Python client: sdk.py BASE_URL"""

import json
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import stripe

BASE = sys.argv[1]
DELIVERIES = []


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        DELIVERIES.append((body, self.headers["stripe-signature"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def advance(seconds):
    body = json.dumps({"seconds": seconds}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{BASE}/_sandbox/clock/advance", data=body))


def fails(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}")


hook = HTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=hook.serve_forever, daemon=True).start()

client = stripe.StripeClient(
    "sk_test_sandbox", base_addresses={"api": BASE}, stripe_version="2026-05-27.dahlia", max_network_retries=1
).v1
endpoint = client.webhook_endpoints.create(
    {"url": f"http://127.0.0.1:{hook.server_port}/", "enabled_events": ["*"], "api_version": "2026-05-27.dahlia"}
)

# Customers, cards, paging.
customer = client.customers.create({"email": "jenny@example.com", "metadata": {"a": "b"}})
for number in range(25):
    client.customers.create({"email": f"{number}@example.com"})
assert len(list(client.customers.list({"limit": 10}).auto_paging_iter())) == 26
assert client.customers.list({"email": "jenny@example.com"}).data[0].id == customer.id
declined = fails(stripe.CardError, lambda: client.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id}))
assert (declined.http_status, declined.code, declined.error.decline_code) == (402, "card_declined", "generic_decline")
card = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
client.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})

# A subscription from trial to renewal.
price = client.prices.create(
    {
        "currency": "usd",
        "unit_amount": 5400,
        "recurring": {"interval": "month", "interval_count": 3},
        "product_data": {"name": "Community Pro"},
        "lookup_key": "pro",
    }
)
assert client.prices.list({"lookup_keys": ["pro"]}).data[0].id == price.id
trial = client.subscriptions.create(
    {
        "customer": customer.id,
        "items": [{"price": price.id, "quantity": 1}],
        "trial_period_days": 7,
        "expand": ["latest_invoice.payments", "pending_setup_intent"],
    }
)
assert (trial.status, trial.latest_invoice.amount_due) == ("trialing", 0)
advance(7 * 86400 + 3700)
now = client.subscriptions.retrieve(trial.id, {"expand": ["latest_invoice.payments"]})
assert (now.status, now.latest_invoice.amount_paid) == ("active", 5400)
assert client.subscriptions.update(trial.id, {"cancel_at_period_end": True}).cancel_at
assert client.subscriptions.update(trial.id, {"cancel_at_period_end": False}).cancel_at is None
assert client.subscriptions.cancel(trial.id, {"invoice_now": False, "prorate": False}).status == "canceled"

# A coupon, its code, and what they take off.
client.coupons.create({"id": "HALF", "percent_off": 50.0, "duration": "once", "applies_to": {"products": [price.product]}})
client.coupons.update("HALF", {"name": "Half"})
assert client.coupons.retrieve("HALF", {"expand": ["applies_to"]}).applies_to.products == [price.product]
code = client.promotion_codes.create({"promotion": {"type": "coupon", "coupon": "HALF"}, "code": "Half-Off"})
assert client.promotion_codes.list({"code": "HALF-OFF", "active": True}).data[0].id == code.id
cheaper = client.subscriptions.create(
    {
        "customer": customer.id,
        "items": [{"price": price.id}],
        "discounts": [{"promotion_code": code.id}],
        "expand": ["latest_invoice"],
    }
)
assert (cheaper.latest_invoice.subtotal, cheaper.latest_invoice.total) == (5400, 2700)
assert client.promotion_codes.update(code.id, {"active": False}).times_redeemed == 1
assert client.coupons.delete("HALF").deleted

# What a browser would have collected.
token = client.test_helpers.confirmation_tokens.create({"payment_method": "pm_card_visa"})
confirmed = client.payment_intents.create(
    {"amount": 700, "currency": "usd", "confirm": True, "confirmation_token": token.id}
)
assert confirmed.status == "succeeded"
assert client.confirmation_tokens.retrieve(token.id).payment_intent == confirmed.id

# 3D Secure.
client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
asks = client.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
waits = client.subscriptions.create(
    {
        "customer": customer.id,
        "items": [{"price": price.id}],
        "default_payment_method": asks.id,
        "expand": ["latest_invoice.confirmation_secret"],
    }
)
assert waits.status == "incomplete"
intent = waits.latest_invoice.confirmation_secret.client_secret.split("_secret_")[0]
assert client.payment_intents.retrieve(intent).status == "requires_action"
layer = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": BASE})
layer.raw_request("post", f"/v1/payment_intents/{intent}/3ds", outcome="succeeded")
assert client.subscriptions.retrieve(waits.id).status == "active"

# Payments, replay, refunds, errors.
form = {
    "amount": 500,
    "currency": "usd",
    "customer": customer.id,
    "payment_method": "pm_card_visa",
    "confirm": True,
    "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
}
first = client.payment_intents.create(form, {"idempotency_key": "once"})
again = client.payment_intents.create(form, {"idempotency_key": "once"})
assert first.id == again.id and again.last_response.headers["Idempotent-Replayed"] == "true"
fails(stripe.IdempotencyError, lambda: client.payment_intents.create({**form, "amount": 600}, {"idempotency_key": "once"}))
assert client.refunds.create({"payment_intent": first.id, "amount": 200}).status == "succeeded"
assert client.charges.retrieve(first.latest_charge, {"expand": ["refunds"]}).refunds.data[0].amount == 200
error = fails(stripe.CardError, lambda: client.payment_intents.create({**form, "payment_method": "pm_card_chargeCustomerFail"}))
assert error.error.payment_intent.status == "requires_payment_method"
unknown = fails(stripe.InvalidRequestError, lambda: client.customers.create({"foo": 1}))
assert (unknown.code, unknown.param) == ("parameter_unknown", "foo")
assert fails(stripe.InvalidRequestError, lambda: client.customers.retrieve("cus_none")).http_status == 404
wrong = stripe.StripeClient("sk_live_wrong", base_addresses={"api": BASE}).v1
fails(stripe.AuthenticationError, lambda: wrong.customers.list())

# A test clock: a renewal in the past, while the business clock stands.
clocks = client.test_helpers.test_clocks
clock = clocks.create({"frozen_time": 1704067200, "name": "Renewal"})
timed = client.customers.create({
    "test_clock": clock.id, "payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"},
})
monthly = client.prices.create({
    "currency": "usd", "unit_amount": 2000, "recurring": {"interval": "month"}, "product_data": {"name": "Timed"},
})
renewing = client.subscriptions.create({"customer": timed.id, "items": [{"price": monthly.id}]})
assert (renewing.created, renewing.test_clock) == (1704067200, clock.id)
assert clocks.advance(clock.id, {"frozen_time": 1706749200}).status == "advancing"
while (clock := clocks.retrieve(clock.id)).status != "ready":
    pass
assert [invoice.created for invoice in client.invoices.list({"subscription": renewing.id}).data] == [1706745600, 1704067200]
assert [customer.id for customer in client.customers.list({"test_clock": clock.id}).data] == [timed.id]
assert fails(stripe.InvalidRequestError, lambda: clocks.advance(clock.id, {"frozen_time": 1704067200})).param == "frozen_time"
assert clocks.delete(clock.id).deleted and client.customers.retrieve(timed.id).deleted

# Disputes, holds, setup attempts, a customer's balance.
disputed = client.payment_intents.create({**form, "payment_method": "pm_card_createDispute"})
dispute = client.disputes.list({"payment_intent": disputed.id}).data[0]
assert (dispute.status, dispute.balance_transactions[0].net) == ("needs_response", -2000)
fails(stripe.InvalidRequestError, lambda: client.refunds.create({"payment_intent": disputed.id}))
client.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}, "submit": True})
advance(10)
assert client.disputes.retrieve(dispute.id).status == "won"
assert client.disputes.close(
    client.disputes.list({"charge": client.payment_intents.create({**form, "payment_method": "pm_card_createDispute"}).latest_charge}).data[0].id
).status == "lost"
held = client.payment_intents.create({**form, "capture_method": "manual"})
assert client.payment_intents.capture(held.id, {"amount_to_capture": 300}).amount_received == 300
assert client.charges.retrieve(held.latest_charge).amount_refunded == 200
setup = client.setup_intents.create({"payment_method": "pm_card_visa", "confirm": True, "automatic_payment_methods": form["automatic_payment_methods"]})
assert [attempt.status for attempt in client.setup_attempts.list({"setup_intent": setup.id})] == ["succeeded"]
credit = client.customers.balance_transactions.create(customer.id, {"amount": -700, "currency": "usd", "description": "sorry"})
assert client.customers.balance_transactions.list(customer.id).data[0].ending_balance == credit.ending_balance
advance(10)  # What takes a moment has happened, and its events are there.
total = sum(entry.net for entry in client.balance_transactions.list({"limit": 100}).auto_paging_iter())
balance = client.balance.retrieve()
assert total == balance.available[0].amount + balance.pending[0].amount

# Every event that exists came, and its signature holds. Events go on being made for a moment: charges settle later.
deadline = time.monotonic() + 60
while True:
    expected = {event.id for event in client.events.list({"limit": 100}).auto_paging_iter()}
    seen = {stripe.Webhook.construct_event(body, signature, endpoint.secret).id for body, signature in DELIVERIES}
    if seen == expected or time.monotonic() > deadline:
        break
    threading.Event().wait(0.1)
assert seen == expected, (len(seen), len(expected), seen ^ expected)
assert all(json.loads(body)["api_version"] == "2026-05-27.dahlia" for body, _ in DELIVERIES)
fails(stripe.SignatureVerificationError, lambda: stripe.Webhook.construct_event(b"{}", DELIVERIES[0][1], endpoint.secret))
print(f"{len(seen)} events delivered and verified by stripe {stripe.VERSION}")
