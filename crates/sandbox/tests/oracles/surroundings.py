"""What surrounds the resources, with Stripe's official Python client: surroundings.py BASE_URL

Search, the portal, endpoints and events, errors as the client types them, and retries through failures.
"""

import json
import sys
import urllib.request

import stripe
from stripe._http_client import HTTPClient

BASE = sys.argv[1]
VERSION = "2026-05-27.dahlia"

# The client waits half a second and more before it tries again: what it does is the same after less.
HTTPClient.INITIAL_DELAY, HTTPClient.MAX_DELAY = 0.01, 0.05


def sandbox(path, body):
    request = urllib.request.Request(f"{BASE}/_sandbox/{path}", data=json.dumps(body).encode())
    return json.load(urllib.request.urlopen(request))


def fails(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}")


def client_of(account, retries=0):
    key = f"sk_test_{account}"
    return stripe.StripeClient(key, base_addresses={"api": BASE}, stripe_version=VERSION, max_network_retries=retries).v1


def searches():
    client = client_of("search")
    for number in range(7):
        client.customers.create({"name": f"Jenny {number}", "metadata": {"odd": str(number % 2)}})
    found = client.customers.search({"query": 'name~"jenny" -metadata["odd"]:"1"', "limit": 2})
    assert [one.name for one in found.auto_paging_iter()] == ["Jenny 6", "Jenny 4", "Jenny 2", "Jenny 0"]
    assert client.customers.search({"query": "name~'jenny'", "expand": ["total_count"]}).total_count == 7
    wrong = fails(stripe.InvalidRequestError, lambda: client.customers.search({"query": "foo:'bar'"}))
    assert "unsupported search field" in wrong.user_message


def portal():
    client = client_of("portal")
    customer = client.customers.create({})
    configuration = client.billing_portal.configurations.create(
        {"features": {"invoice_history": {"enabled": True}, "payment_method_update": {"enabled": True}}}
    )
    assert client.billing_portal.configurations.list({"active": True}).data[0].id == configuration.id
    session = client.billing_portal.sessions.create(
        {
            "customer": customer.id,
            "configuration": configuration.id,
            "return_url": "https://example.com/",
            "flow_data": {"type": "payment_method_update", "after_completion": {"type": "portal_homepage"}},
        }
    )
    assert session.flow.type == "payment_method_update"
    assert "Payment methods" in urllib.request.urlopen(session.url).read().decode()


def endpoints():
    client = client_of("endpoints")
    made = client.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["customer.created"]})
    assert made.secret.startswith("whsec_")
    changed = client.webhook_endpoints.update(made.id, {"disabled": True, "enabled_events": ["*"]})
    assert (changed.status, changed.enabled_events) == ("disabled", ["*"])
    wrong = fails(
        stripe.InvalidRequestError,
        lambda: client.webhook_endpoints.create({"url": "http://127.0.0.1:9/", "enabled_events": ["nonsense"]}),
    )
    assert wrong.param == "enabled_events[0]"
    assert client.webhook_endpoints.delete(made.id).deleted


def errors():
    client = client_of("errors")
    sandbox("limits", {"global_per_second": 1})
    limited = fails(stripe.RateLimitError, lambda: [client.customers.list() for _ in range(50)])
    sandbox("limits", {"mode": "off"})
    assert (limited.error.code, limited.headers["Stripe-Rate-Limited-Reason"]) == ("rate_limit", "global-rate")
    sandbox("faults", {"rules": [{"target": "request", "share": 1, "status": 503}]})
    broken = fails(stripe.APIError, client.customers.list)
    sandbox("faults", {"rules": [{"target": "request", "share": 1, "drop": True}]})
    fails(stripe.APIConnectionError, client.customers.list)
    sandbox("faults", {"rules": []})
    assert (broken.http_status, broken.error.type) == (503, "api_error")
    missing = fails(stripe.InvalidRequestError, lambda: client.customers.retrieve("cus_none"))
    assert missing.error.doc_url == "https://stripe.com/docs/error-codes/resource-missing"
    assert missing.request_id.startswith("req_") and missing.request_id in missing.error.request_log_url
    publishable = stripe.StripeClient("pk_test_errors", base_addresses={"api": BASE}).v1
    assert fails(stripe.AuthenticationError, publishable.customers.list).error.code == "secret_key_required"


def retries():
    """Through 30 % failures after effect: each thing that was asked for once exists once."""
    client = client_of("retries", retries=20)
    price = client.prices.create(
        {"currency": "usd", "unit_amount": 2000, "recurring": {"interval": "month"}, "product_data": {"name": "Pro"}}
    )
    sandbox("faults", {"seed": 3, "rules": [
        {"target": "request", "share": 0.3, "when": "after", "status": 503, "method": "POST"},
        {"target": "request", "share": 0.1, "when": "after", "drop": True, "method": "POST"},
    ]})
    count = 12
    for number in range(count):
        customer = client.customers.create(
            {"name": str(number), "payment_method": "pm_card_visa", "invoice_settings": {"default_payment_method": "pm_card_visa"}}
        )
        client.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})
        intent = client.payment_intents.create(
            {
                "amount": 500,
                "currency": "usd",
                "customer": customer.id,
                "payment_method": customer.invoice_settings.default_payment_method,
                "confirm": True,
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            }
        )
        client.refunds.create({"payment_intent": intent.id, "amount": 200})
    struck = [rule["struck"] for rule in json.load(urllib.request.urlopen(f"{BASE}/_sandbox/faults"))["rules"]]
    assert min(struck) > 3, f"too little went wrong to show anything: {struck}"
    sandbox("faults", {"rules": []})
    assert len(list(client.customers.list({"limit": 100}).auto_paging_iter())) == count
    assert len(list(client.subscriptions.list({"limit": 100}).auto_paging_iter())) == count
    assert len(list(client.payment_intents.list({"limit": 100}).auto_paging_iter())) == 2 * count
    assert len(list(client.charges.list({"limit": 100}).auto_paging_iter())) == 2 * count
    assert len(list(client.refunds.list({"limit": 100}).auto_paging_iter())) == count
    assert len(list(client.invoices.list({"limit": 100}).auto_paging_iter())) == count
    replays = [event for event in client.events.list({"limit": 100, "type": "customer.created"}).auto_paging_iter()]
    assert len(replays) == count, "nobody was told twice of one thing"


for part in (searches, portal, endpoints, errors, retries):
    part()
    print(f"{part.__name__}: as stripe {stripe.VERSION} expects it")
