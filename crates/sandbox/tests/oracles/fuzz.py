"""Sends nonsense to every endpoint of a sandbox and looks for answers that no client should see: fuzz.py BASE_URL SEED

Parameter names and shapes come from Stripe's specification; values are good, bad and absurd ones. Every answer must be
JSON, below 500, and the sandbox must still work at the end.
"""

import json
import random
import sys
import urllib.error
import urllib.parse
import urllib.request

from spec import specification

BASE, SEED = sys.argv[1], int(sys.argv[2])
DRAW = random.Random(SEED)
IDS = {}
NASTY = ["", "0", "-1", "1", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "now", "true", "x" * 600, "é\u0000", "[]", "usd", "a@b.c", "1.5", "none", "month", "charge_automatically", "card", "pm_card_visa", "pm_card_chargeDeclined", "pm_card_authenticationRequired", "tok_visa"]


def value(name, schema, depth):
    """Form pairs for a parameter."""
    if "anyOf" in schema:
        schema = DRAW.choice(schema["anyOf"])
    if DRAW.random() < 0.08:
        return [(name, DRAW.choice(NASTY))]
    kind = schema.get("type")
    if kind == "object" and depth < 4:
        members = list(schema.get("properties", {}).items())
        pairs = []
        for member, inner in DRAW.sample(members, min(len(members), DRAW.randint(0, 3))):
            pairs += value(f"{name}[{member}]", inner, depth + 1)
        if not members:
            pairs.append((f"{name}[{DRAW.choice(['a', 'b'])}]", DRAW.choice(NASTY)))
        return pairs
    if kind == "array" and depth < 4:
        return [pair for i in range(DRAW.randint(0, 2)) for pair in value(f"{name}[{i}]", schema.get("items", {}), depth + 1)]
    if "enum" in schema:
        return [(name, DRAW.choice(schema["enum"]))]
    if kind == "boolean":
        return [(name, DRAW.choice(["true", "false"]))]
    if kind == "integer":
        return [(name, str(DRAW.choice([0, 1, 2, 7, 50, 500, 2000, 1_900_000_000, 4_000_000_000, -5, 2**62])))]
    known = IDS.get(name.split("[")[-1].rstrip("]")) or [i for ids in IDS.values() for i in ids]
    return [(name, DRAW.choice(known) if known and DRAW.random() < 0.7 else DRAW.choice(NASTY))]


def call(method, path, pairs):
    data = urllib.parse.urlencode(pairs)
    url = BASE + path + ("" if method == "POST" else f"?{data}")
    request = urllib.request.Request(url, data=data.encode() if method == "POST" else None, method=method)
    request.add_header("authorization", "Bearer sk_test_fuzz")
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    text = answer.read().decode()
    assert answer.status < 500, (answer.status, method, path, pairs, text)
    return answer.status, json.loads(text)


def main():
    spec = specification()
    ways = []
    for path, methods in spec["paths"].items():
        head = path.split("/")[2]
        if head in {"checkout", "plans", "customers", "products", "prices", "payment_methods", "setup_intents", "payment_intents", "charges", "refunds", "subscriptions", "subscription_items", "invoices", "invoiceitems", "invoice_payments", "events", "webhook_endpoints", "tokens", "balance_transactions", "disputes", "billing_portal"}:
            for method, way in methods.items():
                body = way.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {}).get("schema", {})
                queries = {p["name"]: p.get("schema", {}) for p in way.get("parameters", []) if p["in"] == "query"}
                ways.append((method.upper(), path, body.get("properties") or queries, set(body.get("required", []))))
    for _ in range(3):
        customer = call("POST", "/v1/customers", [("payment_method", "pm_card_visa"), ("invoice_settings[default_payment_method]", "pm_card_visa")])[1]
        price = call("POST", "/v1/prices", [("currency", "usd"), ("unit_amount", "2000"), ("recurring[interval]", "month"), ("product_data[name]", "x")])[1]
        once = call("POST", "/v1/prices", [("currency", "usd"), ("unit_amount", "2000"), ("product", price["product"])])[1]
        sub = call("POST", "/v1/subscriptions", [("customer", customer["id"]), ("items[0][price]", price["id"])])[1]
        intent = call("POST", "/v1/payment_intents", [("amount", "500"), ("currency", "usd"), ("payment_method", "pm_card_visa"), ("confirm", "true"), ("return_url", "https://x.y")])[1]
        for name, one in [("customer", customer["id"]), ("price", price["id"]), ("price", once["id"]), ("product", price["product"]), ("subscription", sub["id"]), ("payment_intent", intent["id"]), ("charge", intent["latest_charge"]), ("invoice", sub["latest_invoice"]), ("id", sub["items"]["data"][0]["id"])]:
            IDS.setdefault(name, []).append(one)
    tally = {}
    for turn in range(4000):
        method, path, members, required = DRAW.choice(ways)
        if method == "POST" and path == "/v1/webhook_endpoints":
            continue
        everything = [i for ids in IDS.values() for i in ids]
        noun = path.split("/")[2].rstrip("s").replace("invoiceitem", "invoice_item")
        for part in [part for part in path.split("/") if part.startswith("{")]:
            path = path.replace(part, DRAW.choice(IDS.get(noun) or everything), 1)
        names = list(members)
        chosen = set(DRAW.sample(names, min(len(names), DRAW.randint(0, 5)))) | {n for n in required if DRAW.random() < 0.9}
        pairs = [pair for name in sorted(chosen) for pair in value(name, members[name], 0)]
        # What is unknown here is refused at once: leave it out mostly, to get further.
        for _ in range(8):
            status, body = call(method, path, pairs)
            param = body.get("error", {}).get("param") if body.get("error", {}).get("code") == "parameter_unknown" else None
            if param is None:
                break
            pairs = [(n, v) for n, v in pairs if not n.startswith(param)]
        tally[status] = tally.get(status, 0) + 1
        if status == 200 and isinstance(body.get("id"), str) and "object" in body and not body.get("deleted"):
            IDS.setdefault(body["object"], []).append(body["id"])
        if turn % 100 == 99:
            seconds = json.dumps({"seconds": DRAW.choice([10, 4000, 86400, 40 * 86400])}).encode()
            urllib.request.urlopen(urllib.request.Request(f"{BASE}/_sandbox/clock/advance", data=seconds), timeout=60)
    assert call("GET", "/v1/customers", [("limit", "3")])[0] == 200
    print(f"seed {SEED}: {sum(tally.values())} requests answered: {dict(sorted(tally.items()))}")


main()
