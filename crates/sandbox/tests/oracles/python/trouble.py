"""Errors, idempotency, versions, and faults: what a client meets when things go wrong."""

from concurrent.futures import ThreadPoolExecutor

import stripe

from world import KEY, NO_REDIRECTS, connect, everything, fails, faults, own, payer, price

client = connect().v1
customer = payer(client)

# Errors by type, code and parameter, with the request that met them.
error = fails(stripe.InvalidRequestError, lambda: client.customers.create({"foo": 1}))
assert (error.http_status, error.code, error.param) == (400, "parameter_unknown", "foo")
assert error.request_id.startswith("req_") and error.error.doc_url and error.error.request_log_url
deep = {"customer": customer.id, "items": [{"price": price(client, 100).id, "colour": "red"}]}
assert fails(stripe.InvalidRequestError, lambda: client.subscriptions.create(deep)).param == "items[0][colour]"
missing = fails(stripe.InvalidRequestError, lambda: client.subscriptions.create({"customer": customer.id, "items": [{"price": "invalid"}]}))
assert (missing.http_status, missing.code, missing.param) == (400, "resource_missing", "items[0][price]")
assert fails(stripe.InvalidRequestError, lambda: client.customers.retrieve("cus_none")).http_status == 404
assert fails(stripe.InvalidRequestError, lambda: client.payment_intents.create({"amount": 0, "currency": "usd"})).code == "parameter_invalid_integer"
assert fails(stripe.InvalidRequestError, lambda: client.customers.list({"limit": 0})).param == "limit"
assert fails(stripe.InvalidRequestError, lambda: client.customers.list({"expand": ["data.email"]})).http_status == 400
for key in ["sk_live_wrong", "rubbish"]:
    fails(stripe.AuthenticationError, lambda: connect(key).v1.customers.list())
publishable = connect("pk_test_trouble").v1
assert fails(stripe.AuthenticationError, publishable.customers.list).error.code == "secret_key_required"
assert fails(stripe.CardError, lambda: client.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})).http_status == 402

# One key, one effect: replayed, mismatched, kept with a card's refusal, not kept with a wrong parameter.
once = {"idempotency_key": "once"}
first = client.products.create({"name": "x"}, once)
again = client.products.create({"name": "x"}, once)
assert first.id == again.id and again.last_response.headers["Idempotent-Replayed"] == "true"
assert again.last_response.headers["Original-Request"] == first.last_response.headers["Request-Id"]
assert fails(stripe.IdempotencyError, lambda: client.products.create({"name": "y"}, once)).http_status == 400
bad = {"idempotency_key": "bad"}
fails(stripe.InvalidRequestError, lambda: client.products.create({"foo": 1}, bad))
assert client.products.create({"name": "now good"}, bad).name == "now good"
form = {"amount": 500, "currency": "usd", "payment_method": "pm_card_chargeCustomerFail", "confirm": True, "automatic_payment_methods": NO_REDIRECTS}
refusals = [fails(stripe.CardError, lambda: client.payment_intents.create(form, {"idempotency_key": "no"})) for _ in range(2)]
assert refusals[0].error.payment_intent.id == refusals[1].error.payment_intent.id

# Versions: each known one is taken and echoed, an unknown one is refused.
for version in ["2024-12-18.acacia", "2025-03-31.basil", "2026-05-27.dahlia", "2026-10-28.endive"]:
    assert connect(version=version).v1.balance.retrieve().last_response.headers["Stripe-Version"] == version
assert fails(stripe.InvalidRequestError, lambda: connect(version="2031-01-01.fig").v1.balance.retrieve()).http_status == 400

# Every kind of fault is seen by a client that does not try again.
for status, kind in [(429, stripe.RateLimitError), (500, stripe.APIError), (503, stripe.APIError)]:
    faults({"target": "request", "share": 1, "status": status})
    assert fails(kind, lambda: client.customers.list()).http_status == status
faults({"target": "request", "share": 1, "drop": True})
fails(stripe.APIConnectionError, lambda: client.customers.list())
faults()

# Limits, as the client types them.
own("/_sandbox/limits", {"global_per_second": 1})
limited = fails(stripe.RateLimitError, lambda: [client.customers.list() for _ in range(50)])
own("/_sandbox/limits", {"mode": "off"})
assert (limited.error.code, limited.headers["Stripe-Rate-Limited-Reason"]) == ("rate_limit", "global-rate")

# A client that tries again ends with exactly one of each, whatever fails after its effect: one thing after the other,
# and several at once.
COUNT = 12
ONE_EACH = {"customers": 1, "subscriptions": 1, "invoices": 1, "refunds": 1, "payment_intents": 2, "charges": 2}


def buy(client, monthly, number):
    customer = payer(client, name=str(number))
    client.subscriptions.create({"customer": customer.id, "items": [{"price": monthly}]})
    card = customer.invoice_settings.default_payment_method
    intent = client.payment_intents.create({**form, "customer": customer.id, "payment_method": card})
    client.refunds.create({"payment_intent": intent.id, "amount": 200})


for at_once in [False, True]:
    stubborn = connect(f"{KEY}{at_once}", retries=30).v1
    monthly = price(stubborn, 700).id
    faults(
        {"target": "request", "share": 0.3, "when": "after", "status": 503, "method": "POST"},
        {"target": "request", "share": 0.1, "when": "after", "drop": True, "method": "POST"},
        seed=3,
    )
    with ThreadPoolExecutor(COUNT if at_once else 1) as pool:
        list(pool.map(lambda number: buy(stubborn, monthly, number), range(COUNT)))
    struck = [rule["struck"] for rule in own("/_sandbox/faults")["rules"]]
    faults()
    assert min(struck) > 3, f"too little went wrong to show anything: {struck}"
    for name, each in ONE_EACH.items():
        found = everything(getattr(stubborn, name).list({"limit": 100}))
        assert len(found) == each * COUNT, (at_once, name, len(found))
    told = everything(stubborn.events.list({"limit": 100, "type": "customer.created"}))
    assert len(told) == COUNT, "nobody was told twice of one thing"
