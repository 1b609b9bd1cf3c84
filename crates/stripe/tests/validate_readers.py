"""Checks what is read of Stripe's answers against its OpenAPI specification.

usage: validate_readers.py FOLDER WORDS.json

FOLDER holds the readers, one file per noun. Each member that one of them names must be there in the objects that the
noun is read from. WORDS.json: {"path of an enumeration": [our words]}; they must be Stripe's, neither more nor fewer.
Exits 1 and names every fault; prints the number of members when there is none.
"""

import json
import pathlib
import re
import sys

from validate_requests import specification

# The objects that each file reads from: a schema, or a path into one.
OBJECTS = {
    "catalog": ["price", "price.recurring"],
    "customers": ["customer", "deleted_customer", "customer.invoice_settings", "customer.address"],
    "disputes": ["dispute", "dispute.evidence_details"],
    "invoice_payments": ["invoice_payment", "invoice_payment.payment"],
    "invoices": [
        "invoice", "invoice.parent", "invoice.parent.subscription_details", "invoice.payments", "invoice.payments.data",
        "invoice.payments.data.payment", "invoice.confirmation_secret", "invoice.lines", "invoice.lines.data",
        "invoice.lines.data.parent", "invoice.lines.data.parent.subscription_item_details",
        "invoice.lines.data.parent.invoice_item_details", "invoice.lines.data.period",
        "invoice.lines.data.pricing", "invoice.lines.data.pricing.price_details", "invoice.status_transitions",
        "invoice.total_discount_amounts", "invoice.total_taxes",
    ],
    "mod": ["invoice", "invoice.lines"],
    "payment_intents": ["payment_intent", "setup_intent", "payment_intent.last_payment_error"],
    "payment_methods": ["payment_method", "payment_method.card"],
    "promotion_codes": [
        "promotion_code", "promotion_code.restrictions", "promotion_code.promotion", "coupon", "coupon.applies_to",
        "discount", "discount.source",
    ],
    "portal": [
        "billing_portal.configuration", "billing_portal.configuration.features",
        "billing_portal.configuration.features.subscription_update", "billing_portal.session",
    ],
    "refunds": ["refund"],
    "schedules": [
        "subscription_schedule", "subscription_schedule.current_phase", "subscription_schedule.phases",
        "subscription_schedule.phases.items",
    ],
    "subscriptions": [
        "subscription", "subscription.items", "subscription.items.data", "subscription.items.data.price",
        "subscription.pause_collection", "subscription.automatic_tax", "subscription.pending_update",
        "subscription.pending_update.subscription_items",
    ],
    "tax_ids": ["tax_id"],
    "webhook_endpoints": ["webhook_endpoint"],
}

CALL = re.compile(r'\b(?:get|opt|text_at|number_at|time_at|opt_text|opt_time|opt_id(?:::<&str>)?|of|expanded)\(\s*"(\w+)"')
MONEY = re.compile(r'\bmoney\(&?\w+, "(\w+)"')


class Spec:
    def __init__(self):
        self.schemas = specification()["components"]["schemas"]

    def options(self, schema):
        """The schemas that a schema may stand for."""
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
        if "anyOf" in schema:
            return [found for option in schema["anyOf"] for found in self.options(option)]
        return self.options(schema["items"]) if schema.get("type") == "array" else [schema]

    def at(self, path):
        noun, *names = path.split(".")
        if noun not in self.schemas:
            # Such as `billing_portal.session`.
            noun, names = f"{noun}.{names[0]}", names[1:]
        found = self.options(self.schemas[noun])
        for name in names:
            found = [deep for one in found if name in one.get("properties", {}) for deep in self.options(one["properties"][name])]
        assert found, f"the specification has no {path}"
        return found

    def members(self, path):
        return {name for one in self.at(path) for name in one.get("properties", {})}


def main():
    spec, faults, count = Spec(), [], 0
    files = {file.stem: file.read_text() for file in pathlib.Path(sys.argv[1]).glob("*.rs")}
    faults += [f"{name}: nobody says what it reads from" for name in files.keys() ^ OBJECTS.keys()]
    for name in files.keys() & OBJECTS.keys():
        known = set().union(*(spec.members(path) for path in OBJECTS[name]))
        read = set(CALL.findall(files[name])) | set(MONEY.findall(files[name]))
        faults += [f"{name}: `{member}` is in none of {', '.join(OBJECTS[name])}" for member in sorted(read - known)]
        faults += [] if read else [f"{name}: no member is read"]
        count += len(read)
    for path, ours in json.loads(pathlib.Path(sys.argv[2]).read_text()).items():
        theirs = {word for one in spec.at(path) for word in one.get("enum", [])} - {""}
        if theirs != set(ours):
            faults.append(f"{path}: ours {sorted(set(ours) - theirs)}, theirs {sorted(theirs - set(ours))}")
    print("\n".join(faults) or f"{count} members are where the specification has them")
    sys.exit(1 if faults else 0)


main()
