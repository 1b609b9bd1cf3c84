"""Customers with their cards, balance, payments to set up, the portal and Checkout."""

import urllib.request

import stripe

from world import NO_REDIRECTS, connect, everything, fails, now, payer, price

client = connect().v1

# Made, merged, unset, found, paged through, gone.
customer = client.customers.create({
    "email": "jenny@example.com", "name": "Jenny", "phone": "123", "description": "first",
    "address": {"line1": "1 Road", "country": "US"}, "shipping": {"name": "Jenny", "address": {"line1": "2 Road"}},
    "metadata": {"a": "1", "b": "2"}, "preferred_locales": ["de"],
})
customer = client.customers.update(customer.id, {"metadata": {"a": "", "c": "3"}, "phone": "", "address": {"city": "Bonn"}})
assert (customer.metadata.to_dict(), customer.phone, customer.address.city) == ({"b": "2", "c": "3"}, None, "Bonn")
assert client.customers.update(customer.id, {"metadata": ""}).metadata.to_dict() == {}
others = [client.customers.create({"email": f"{number}@example.com"}).id for number in range(23)]
assert everything(client.customers.list({"limit": 10})) == [*reversed(others), customer.id]
assert everything(client.customers.list({"email": "jenny@example.com"})) == [customer.id]
assert everything(client.customers.search({"query": "email~'jenny@exam'"})) == [customer.id]
assert client.customers.search({"query": "email~'example' -email:'jenny@example.com'", "expand": ["total_count"]}).total_count == 23
wrong = fails(stripe.InvalidRequestError, lambda: client.customers.search({"query": "foo:'bar'"}))
assert "unsupported search field" in wrong.user_message
assert client.customers.list({"created": {"lte": now() - 3600}}).data == []
assert client.customers.delete(others[0]).deleted and client.customers.retrieve(others[0]).deleted
assert others[0] not in everything(client.customers.list({"limit": 100}))
gone = fails(stripe.InvalidRequestError, lambda: client.customers.update(others[0], {"name": "x"}))
assert (gone.http_status, gone.code) == (404, "resource_missing")

# Cards: declined at once, attached, changed, made the default, detached for good.
declined = fails(stripe.CardError, lambda: client.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id}))
assert (declined.http_status, declined.code, declined.error.decline_code) == (402, "card_declined", "generic_decline")
card = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
made = client.payment_methods.create({"type": "card", "card": {"number": "4242424242424242", "exp_month": 1, "exp_year": 2040, "cvc": "123"}})
assert made.card.fingerprint == card.card.fingerprint and made.customer is None
wrong = {"type": "card", "card": {"number": "4242424242424241", "exp_month": 1, "exp_year": 2040}}
assert fails(stripe.CardError, lambda: client.payment_methods.create(wrong)).code == "incorrect_number"
changed = client.payment_methods.update(card.id, {"billing_details": {"name": "J"}, "metadata": {"a": "b"}})
assert (changed.billing_details.name, changed.metadata["a"]) == ("J", "b")
client.customers.update(customer.id, {"invoice_settings": {"default_payment_method": card.id}})
assert everything(client.customers.payment_methods.list(customer.id)) == [card.id]
assert client.customers.retrieve(customer.id, {"expand": ["invoice_settings.default_payment_method"]}).invoice_settings.default_payment_method.card.last4 == "4242"
assert client.payment_methods.detach(card.id).customer is None
assert client.customers.retrieve(customer.id).invoice_settings.default_payment_method is None
fails(stripe.InvalidRequestError, lambda: client.payment_methods.attach(card.id, {"customer": customer.id}))

# Setup intents: straight, with 3D Secure passed and failed, declined, canceled.
setup = {"customer": customer.id, "confirm": True, "automatic_payment_methods": NO_REDIRECTS}
kept = client.setup_intents.create({**setup, "payment_method": "pm_card_visa"})
assert kept.status == "succeeded" and kept.payment_method in everything(client.payment_methods.list({"customer": customer.id}))
for outcome, status in [("succeeded", "succeeded"), ("failed", "requires_payment_method")]:
    asks = client.setup_intents.create({**setup, "payment_method": "pm_card_authenticationRequiredOnSetup"})
    assert asks.status == "requires_action"
    connect().raw_request("post", f"/v1/setup_intents/{asks.id}/3ds", outcome=outcome)
    assert client.setup_intents.retrieve(asks.id).status == status
refused = fails(stripe.CardError, lambda: client.setup_intents.create({**setup, "payment_method": "pm_card_chargeDeclined"}))
assert refused.error.setup_intent.status == "requires_payment_method"
assert [attempt.status for attempt in client.setup_attempts.list({"setup_intent": kept.id}).data] == ["succeeded"]
waiting = client.setup_intents.create({"customer": customer.id, "metadata": {"a": "b"}})
assert client.setup_intents.update(waiting.id, {"metadata": {"a": ""}}).metadata.to_dict() == {}
assert client.setup_intents.cancel(waiting.id).status == "canceled"
assert waiting.id in everything(client.setup_intents.list({"customer": customer.id}))

# The balance moves by transactions, and pays what it can.
credit = client.customers.balance_transactions.create(customer.id, {"amount": -700, "currency": "usd", "description": "sorry"})
assert client.customers.retrieve(customer.id).balance == credit.ending_balance == -700
assert client.customers.balance_transactions.update(customer.id, credit.id, {"metadata": {"a": "b"}}).metadata["a"] == "b"
rich = payer(client, balance=-500)
bought = client.subscriptions.create({"customer": rich.id, "items": [{"price": price(client, 2000).id}], "expand": ["latest_invoice"]})
assert (bought.latest_invoice.total, bought.latest_invoice.amount_due, bought.latest_invoice.ending_balance) == (2000, 1500, 0)
assert [entry.type for entry in client.customers.balance_transactions.list(rich.id).data] == ["applied_to_invoice", "initial"]

# The customer portal, and Checkout with what its page does.
configuration = client.billing_portal.configurations.create({"features": {"invoice_history": {"enabled": True}}})
assert client.billing_portal.configurations.update(configuration.id, {"metadata": {"a": "b"}}).metadata["a"] == "b"
assert configuration.id in everything(client.billing_portal.configurations.list({"active": True}))
configuration = client.billing_portal.configurations.update(configuration.id, {"features": {"payment_method_update": {"enabled": True}}})
visit = client.billing_portal.sessions.create({
    "customer": rich.id, "configuration": configuration.id, "return_url": "https://example.com/",
    "flow_data": {"type": "payment_method_update", "after_completion": {"type": "portal_homepage"}},
})
assert visit.flow.type == "payment_method_update"
assert "Payment methods" in urllib.request.urlopen(visit.url).read().decode()
session = client.checkout.sessions.create({
    "mode": "subscription", "customer": rich.id, "success_url": "https://example.com",
    "line_items": [{"price": price(client, 300).id, "quantity": 2}], "subscription_data": {"metadata": {"a": "b"}},
})
assert (session.amount_total, session.status) == (600, "open")
assert client.checkout.sessions.line_items.list(session.id).data[0].amount_total == 600
connect().raw_request("post", f"/v1/payment_pages/{session.id}/confirm", payment_method="pm_card_visa", expected_amount=600)
done = client.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "line_items"]})
assert (done.status, done.payment_status, done.subscription.metadata["a"]) == ("complete", "paid", "b")
other = client.checkout.sessions.create({"mode": "setup", "currency": "usd", "success_url": "https://example.com"})
assert client.checkout.sessions.expire(other.id).status == "expired"
assert everything(client.checkout.sessions.list({"customer": rich.id})) == [session.id]
