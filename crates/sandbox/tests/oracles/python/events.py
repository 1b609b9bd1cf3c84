"""Events: every change told, signed, to whom it may concern, again if need be."""

import json

import stripe

from world import VERSION, Receiver, advance, connect, everything, fails, faults, own, payer, price, until

client = connect().v1
all_of_it, some_of_it, failing = Receiver(), Receiver(), Receiver(status=500)
endpoint = client.webhook_endpoints.create({"url": all_of_it.url, "enabled_events": ["*"], "api_version": VERSION, "metadata": {"a": "b"}})
narrow = client.webhook_endpoints.create({"url": some_of_it.url, "enabled_events": ["customer.updated"]})
broken = client.webhook_endpoints.create({"url": failing.url, "enabled_events": ["product.created"]})
assert endpoint.secret.startswith("whsec_") and client.webhook_endpoints.retrieve(endpoint.id).to_dict().get("secret") is None
assert everything(client.webhook_endpoints.list({"limit": 1})) == [broken.id, narrow.id, endpoint.id]
assert fails(stripe.InvalidRequestError, lambda: client.webhook_endpoints.create({"url": all_of_it.url, "enabled_events": ["no.such"]})).param == "enabled_events[0]"

# One change: what it was before, who asked for it, under which key; the narrow endpoint hears of nothing else.
customer = client.customers.create({"name": "Before", "metadata": {"a": "1"}})
client.customers.update(customer.id, {"name": "After", "metadata": {"b": "2"}}, {"idempotency_key": "the-change"})
client.customers.update(customer.id, {"name": "After"})
told = until(lambda: some_of_it.events(narrow.secret))
assert len(told) == 1, "what changes nothing is not told"
event = told[0]
assert event.data.object.name == "After"
assert event.data.previous_attributes.to_dict() == {"name": "Before", "metadata": {"b": None}}
assert event.request.idempotency_key == "the-change" and event.request.id.startswith("req_")
assert (event.api_version, event.livemode) == (VERSION, False)

# A purchase, a renewal: told in full. Each signature holds, and no forged one does.
payer_ = payer(client)
client.subscriptions.create({"customer": payer_.id, "items": [{"price": price(client, 2000, "week").id}]})
advance(7 * 86400 + 3700)
advance(10)


def heard_all():
    made = set(everything(client.events.list({"limit": 100})))
    heard = {one.id for one in all_of_it.events(endpoint.secret)}
    return heard >= made and made


made = until(heard_all, 60)
types = [one.type for one in all_of_it.events(endpoint.secret)]
for expected in ["customer.subscription.created", "invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded", "payment_intent.succeeded", "charge.succeeded", "invoice_payment.paid", "customer.subscription.updated"]:
    assert expected in types, expected
assert types.count("invoice.paid") == 2
body, signature = all_of_it.seen[0]
fails(stripe.SignatureVerificationError, lambda: stripe.Webhook.construct_event(body + b" ", signature, endpoint.secret))
fails(stripe.SignatureVerificationError, lambda: stripe.Webhook.construct_event(body, signature, narrow.secret))
assert all(json.loads(body)["api_version"] == VERSION for body, _ in all_of_it.seen)

# Read again: by type, by several, in order; resent to one endpoint.
assert {one.type for one in client.events.list({"types": ["invoice.paid", "charge.succeeded"]}).data} == {"invoice.paid", "charge.succeeded"}
assert client.events.retrieve(event.id).type == "customer.updated"
connect().raw_request("post", f"/v1/events/{event.id}/retry", webhook_endpoint=narrow.id)
until(lambda: [one.id for one in some_of_it.events(narrow.secret)].count(event.id) == 2)

# A receiver that fails is asked again, with a signature of its own, until it succeeds; the event waits so long.
client.products.create({"name": "x"})
until(lambda: len(failing.seen) >= 2)
waiting = client.events.list({"type": "product.created", "delivery_success": False}).data
assert waiting and waiting[0].pending_webhooks >= 1
failing.status = 200
until(lambda: not client.events.list({"type": "product.created", "delivery_success": False}).data)
events = failing.events(broken.secret)
assert len({one.id for one in events}) < len(events) and waiting[0].id in {one.id for one in events}

# Lost for a while, duplicated, and switched off.
faults({"target": "webhook", "share": 1, "duplicate": True})
count = len(some_of_it.seen)
client.customers.update(customer.id, {"name": "Twice"})
until(lambda: len(some_of_it.seen) == count + 2)
faults({"target": "webhook", "share": 1, "drop": True})
lost = client.customers.update(customer.id, {"name": "Unheard"})
# A delivery is struck when its turn comes: only then the fault may end.
until(lambda: own("/_sandbox/deliveries")["owed"] == 0)
faults()
assert client.events.list({"type": "customer.updated", "delivery_success": False}).data[0].data.object.name == "Unheard"
assert client.webhook_endpoints.update(narrow.id, {"disabled": True, "enabled_events": ["customer.created"]}).status == "disabled"
assert client.webhook_endpoints.delete(broken.id).deleted
until(lambda: own("/_sandbox/deliveries")["owed"] == 0)
assert len(some_of_it.seen) == count + 2
