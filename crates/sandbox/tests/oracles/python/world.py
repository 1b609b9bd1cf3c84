"""What every story needs: a client with an account of its own, the sandbox's clock and faults, a receiver of webhooks."""

import json
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import stripe
from stripe._http_client import HTTPClient

# The client waits half a second and more before it tries again: what it does is the same after less.
HTTPClient.INITIAL_DELAY, HTTPClient.MAX_DELAY = 0.01, 0.05

BASE = sys.argv[1]
KEY = f"sk_test_python{Path(sys.argv[0]).stem}"
VERSION = "2026-05-27.dahlia"
MONTH, DAY = 31 * 86400, 86400
NO_REDIRECTS = {"enabled": True, "allow_redirects": "never"}


def connect(key=KEY, retries=0, version=VERSION):
    return stripe.StripeClient(key, base_addresses={"api": BASE}, stripe_version=version, max_network_retries=retries)


def own(path, body=None):
    """The sandbox's own addresses."""
    data = None if body is None else json.dumps(body).encode()
    return json.load(urllib.request.urlopen(urllib.request.Request(BASE + path, data=data), timeout=60))


def advance(seconds):
    own("/_sandbox/clock/advance", {"seconds": seconds})


def now():
    return own("/_sandbox/clock")["now"]


def faults(*rules, seed=1):
    own("/_sandbox/faults", {"seed": seed, "rules": list(rules)})


def fails(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}")


def until(what, seconds=30):
    """Waits for something that follows by itself; answers it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come")


def everything(page):
    return [one.id for one in page.auto_paging_iter()]


class Receiver:
    """An endpoint of an application: keeps what it is sent, and answers `status`."""

    def __init__(self, status=200):
        self.seen, self.status = [], status
        receiver = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.seen.append((body, self.headers["stripe-signature"]))
                self.send_response(receiver.status)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Hook)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}/"

    def events(self, secret):
        """What came so far, each signature verified by the client."""
        return [stripe.Webhook.construct_event(body, signature, secret) for body, signature in list(self.seen)]


def payer(client, card="pm_card_visa", **more):
    """A customer who pays by this card."""
    return client.customers.create({"payment_method": card, "invoice_settings": {"default_payment_method": card}, **more})


def price(client, amount, interval="month", count=1, **more):
    recurring = {"interval": interval, "interval_count": count}
    return client.prices.create(
        {"currency": "usd", "unit_amount": amount, "recurring": recurring, "product_data": {"name": "Pro"}, **more}
    )


def seen_events(client, **filters):
    return [event.type for event in client.events.list({"limit": 100, **filters}).auto_paging_iter()]
