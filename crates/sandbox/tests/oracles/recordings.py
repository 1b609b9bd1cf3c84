"""Replays recorded traffic of the real Stripe against a sandbox: recordings.py BASE_URL FOLDER

Each line of a *.jsonl: {"method", "path", "query", "params", "req_version", "status", "headers", "body"}. Ids are mapped
from the recording to the sandbox's own. Compared are the status, the error's type and code, the set of members and
their JSON types, and every value that is not an id, a moment or a text of the account. What differs and is not in
the table below fails.
"""

import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

BASE, FOLDER = sys.argv[1], Path(sys.argv[2])
HEADERS = ("idempotency-key", "original-request", "request-id", "stripe-should-retry", "stripe-version")
NEWEST = "2026-05-27.dahlia"

# (path of the member, reason): differences that are meant.
TOLERATED = [
    (r"(^|\.)(customer_account|billing_schedules|amount_paid_off_stripe)$", "newer than the recording's version"),
    (r"lines\.data\.\*\.(quantity_decimal|subtotal)$", "newer than the recording's version"),
    (r"(^|\.)(account_name|calculated_statement_descriptor)$", "the recorded account's own name"),
    (r"(^|\.)invoice_prefix$|(^|\.)number$|(^|\.)fingerprint$", "drawn at random"),
    (r"(^|\.)payment_method_types(\.|$)|(^|\.)payment_method_options(\.|$)", "the sandbox's account has cards only"),
    (r"(^|\.)payment_method_configuration_details\.id$", "an id of the account's settings"),
    (r"(^|\.)risk_score$|authorization_code$|network_transaction_id$", "drawn at random"),
    (r"(^|\.)exp_(month|year)$", "counted from the day"),
    (r"(^|\.)order_reference$", "cut short in some recorded versions, whole in the newest"),
    (r"use_stripe_sdk\.", "what the 3D Secure servers of the card networks need: there are none"),
    (r"(^|\.)metadata(\.|$)|(^|\.)nickname$|product(\.|$)|(^|\.)(plan|price)\.created", "the recorded account's catalog"),
    (r"(^|\.)display_brand$", "newer than the recording's version"),
    (r"(^|\.)preferred_locales$", "follows the recorded account"),
    (r"^payment_details$", "only intents of invoices show it here"),
    (r"(^|\.)receipt_url$", "a text of the page's own"),
    (r"^branding_settings\.display_name$", "the recorded account's own name"),
    (r"\.coupon\.times_redeemed$", "counted over the recorded account's whole life"),
]

# (method, path, parameter): why it is not replayed. Named here, so that nothing is passed over in silence.
UNSUPPORTED = []

DAY = re.compile(r"after \d\d [A-Z][a-z]{2} \d{4}$")
ID = re.compile(r"^(cs|cus|sub|si|in|il|pi|ch|pm|re|ii|di|inpay|seti|txn|prod|price|req|acct|pmc|evt|bps|bpc)_[A-Za-z0-9_]+$")
SECRET = re.compile(r"_secret_|^https://|^req_")


def call(method, path, query, params, version, key, once=None):
    url = BASE + path + (f"?{query}" if query else "")
    request = urllib.request.Request(url, data=params.encode() if method == "post" else None, method=method.upper())
    request.add_header("authorization", f"Bearer sk_test_{key}")
    request.add_header("stripe-version", version)
    request.add_header("content-type", "application/x-www-form-urlencoded")
    if once:
        request.add_header("idempotency-key", once)
    try:
        answer = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, json.load(answer), {name.lower() for name in answer.headers}


def walk(value):
    yield value
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from walk(member)


def shape(value):
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "string", list: "list", dict: "object", type(None): "null"}[type(value)]


def compare(was, now, path, ids, found):
    if shape(was) != shape(now):
        found.append((path, f"{shape(was)} {json.dumps(was)[:80]} became {shape(now)} {json.dumps(now)[:80]}"))
    elif isinstance(was, dict):
        for name in [*was, *(name for name in now if name not in was)]:
            inner = f"{path}.{name}" if path else name
            if name not in now:
                found.append((inner, "is missing"))
            elif name not in was:
                found.append((inner, "is not in the recording"))
            else:
                compare(was[name], now[name], inner, ids, found)
    elif isinstance(was, list):
        if len(was) != len(now):
            found.append((path, f"{len(was)} elements became {len(now)}"))
        for old, new in zip(was, now):
            compare(old, new, f"{path}.*", ids, found)
    elif isinstance(was, str):
        if ids.get(was) == now:
            return
        if ID.match(was) and ID.match(now) and was.split("_")[0] == now.split("_")[0]:
            if was in ids:
                found.append((path, f"{was} was {ids[was]} before and is {now} now"))
            ids[was] = now
            if path.split(".")[-1] not in ("id", "charge") and len(was) != len(now):
                found.append((path, f"an id of {len(was)} characters became one of {len(now)}"))
        elif SECRET.search(was):
            pass
        elif DAY.sub("after DAY", re.sub(r"[a-z]+_[A-Za-z0-9]{14,}", lambda m: ids.get(m[0], m[0]), was)) != DAY.sub("after DAY", now):
            found.append((path, f"{was!r} became {now!r}"))
    elif was != now and not (isinstance(was, int) and was > 1_500_000_000 and now > 1_500_000_000):
        found.append((path, f"{was} became {now}"))


def catalog(exchanges, key, ids):
    """The prices and products that the recorded account had: made anew, known by the recorded ids."""
    form = urllib.parse.urlencode
    made = {}
    for value in walk([exchange["body"] for exchange in exchanges]):
        if not isinstance(value, dict) or value.get("object") != "price" or value["id"] in ids:
            continue
        product = value["product"]
        if product not in made:
            descriptions = [v["description"] for v in walk([e["body"] for e in exchanges]) if isinstance(v, dict) and v.get("object") == "line_item"]
            words = re.match(r"(?:Free trial for )?1 (?:(.+) )?× (.*?)(?: \(at|$)", descriptions[0] if descriptions else "")
            unit, name = words.groups() if words else (None, "Product")
            _, body, _ = call("post", "/v1/products", "", form({"name": name, **({"unit_label": unit} if unit else {})}), NEWEST, key)
            made[product] = ids[product] = body["id"]
        # By their older name, since only plans take ids of the caller's.
        recurring = {name: value["recurring"][name] for name in ("interval", "interval_count")}
        plan = {"id": value["id"], "product": made[product], "currency": value["currency"], "amount": value["unit_amount"], **recurring}
        status, body, _ = call("post", "/v1/plans", "", form(plan), NEWEST, key)
        assert status == 200, body
        if value["tax_behavior"] != "unspecified":
            call("post", f"/v1/prices/{value['id']}", "", form({"tax_behavior": value["tax_behavior"]}), NEWEST, key)
        ids[value["id"]] = value["id"]


def coupons(exchanges, key):
    """The coupons that the recorded account had, under their own ids."""
    made = set()
    for value in walk([exchange["body"] for exchange in exchanges]):
        if not isinstance(value, dict) or value.get("object") != "coupon" or value["id"] in made:
            continue
        made.add(value["id"])
        names = ("id", "name", "percent_off", "amount_off", "currency", "duration", "duration_in_months", "max_redemptions")
        fields = {name: value[name] for name in names if value[name] is not None}
        status, body, _ = call("post", "/v1/coupons", "", urllib.parse.urlencode(fields), NEWEST, key)
        assert status == 200, body


def main():
    replayed, skipped, problems, tolerated = 0, [], [], {}
    files = {file: [json.loads(line) for line in file.read_text().splitlines()] for file in sorted(FOLDER.glob("*.jsonl"))}
    everything = [exchange for exchanges in files.values() for exchange in exchanges]
    for file, exchanges in files.items():
        ids, key, lost = {}, re.sub(r"[^A-Za-z0-9]", "", file.stem), set()
        catalog(exchanges + everything, key, ids)
        coupons(exchanges, key)
        for exchange in exchanges:
            params = urllib.parse.unquote_plus(exchange["params"] or "")
            endpoint = f"{exchange['method']} {exchange['path']}"
            where = f"{file.stem}: {endpoint}"
            why = next((why for way, what, why in UNSUPPORTED if re.search(way, endpoint) and re.search(what, params)), None)
            text = f"{endpoint} {exchange['query']} {params}"
            named = set(re.findall(r"(?:cus|sub|si|in|pi|ch|pm)_[A-Za-z0-9]{14,}", text))
            # Ids that come from an exchange that is not in the recording, or was not replayed.
            if why is None and any(name not in ids for name in named):
                why = "it names an object whose making is not in the recording, or was not replayed"
            if why is None and named & lost:
                why = "it follows a change that was not replayed"
            if why:
                skipped.append(f"{where}: {why}")
                if exchange["method"] != "get":
                    lost.update(v for v in walk(exchange["body"]) if isinstance(v, str) and v.startswith("sub_"))
                continue
            swap = lambda text: re.sub(r"[A-Za-z]+_[A-Za-z0-9]{14,}", lambda m: ids.get(m[0], m[0]), text or "")
            status, body, headers = call(
                exchange["method"], swap(exchange["path"]), swap(exchange["query"]), swap(exchange["params"]), exchange["req_version"], key, exchange["idem"]
            )
            replayed += 1
            found = []
            if status != exchange["status"]:
                found.append(("status", f"{exchange['status']} became {status}: {json.dumps(body)[:300]}"))
            else:
                compare(exchange["body"], body, "", ids, found)
                for name in HEADERS:
                    if (name in headers) != (name in exchange["headers"]):
                        found.append((f"header {name}", "is missing" if name not in headers else "is not in the recording"))
            for path, what in found:
                reason = next((reason for pattern, reason in TOLERATED if re.search(pattern, path)), None)
                if reason:
                    tolerated.setdefault(reason, set()).add(path)
                else:
                    problems.append(f"{where}: {path}: {what}")
    for line in skipped:
        print(f"not replayed: {line}")
    for reason, paths in sorted(tolerated.items()):
        print(f"tolerated ({reason}): {', '.join(sorted(paths))}")
    for line in problems:
        print(f"DIFFERS {line}")
    print(f"{replayed} recorded exchanges replayed, {len(skipped)} not, {len(problems)} differences")
    sys.exit(1 if problems or not replayed else 0)


main()
