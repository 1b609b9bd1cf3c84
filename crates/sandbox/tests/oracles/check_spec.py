"""Checks recorded exchanges against Stripe's official API specification: check_spec.py EXCHANGES.jsonl

Each line: {"method", "path", "status", "body"}. Prints what differs, and exits 1 if anything does.
"""

import json
import re
import sys
from pathlib import Path

import jsonschema

from spec import specification


def schema_of(node):
    """OpenAPI 3.0 to JSON Schema: nullable, and objects that say what they are not."""
    if isinstance(node, list):
        return [schema_of(item) for item in node]
    if not isinstance(node, dict):
        return node
    new = {key: schema_of(value) for key, value in node.items() if not key.startswith("x-") and key != "nullable"}
    if "$ref" in new:
        new = {"$ref": new["$ref"]}
    if node.get("nullable"):
        return {"anyOf": [new, {"type": "null"}]}
    return new


def main(name):
    spec = specification()
    components = {"components": {"schemas": {k: schema_of(v) for k, v in spec["components"]["schemas"].items()}}}
    patterns = []
    for path, ways in spec["paths"].items():
        pattern = re.compile("^" + re.sub(r"\{[^}]+\}", "([^/]+)", path) + "$")
        patterns.append((path.count("{"), pattern, path, ways))
    patterns.sort(key=lambda entry: entry[0])
    validators, problems, checked, unknown = {}, {}, 0, set()
    for line in Path(name).read_text().splitlines():
        seen = json.loads(line)
        path, method = seen["path"].split("?")[0], seen["method"].lower()
        # The payer's part of 3D Secure is the sandbox's own; /retry is what the official command line tool calls; a
        # session of elements and a preflight are what only a browser asks for, /payment_pages what Stripe's hosted page
        # does.
        own = path.endswith(("/3ds", "/retry")) or path.startswith(("/v1/payment_pages/", "/v1/elements/sessions"))
        if own or method == "options" or not path.startswith("/v1/"):
            continue
        # As Stripe.js makes them; the specification knows how a test does.
        if path == "/v1/confirmation_tokens":
            path = "/v1/test_helpers/confirmation_tokens"
        found = next((e for e in patterns if method in e[3] and e[1].match(path)), None)
        if found is None:
            if seen["status"] != 404:
                unknown.add(f"{method} {path}")
            continue
        answers = found[3][method]["responses"]
        answer = answers["200"] if seen["status"] == 200 else answers["default"]
        key = (found[2], method, seen["status"] == 200)
        if key not in validators:
            schema = schema_of(answer["content"]["application/json"]["schema"])
            validators[key] = jsonschema.Draft202012Validator({**components, **schema})
        checked += 1
        for error in validators[key].iter_errors(seen["body"]):
            deep = jsonschema.exceptions.best_match([error])
            where = ".".join("*" if isinstance(step, int) else str(step) for step in deep.absolute_path)
            problems.setdefault((method, found[2], where, deep.message[:200]), seen)
    for way in sorted(unknown):
        print(f"not in the specification, and not refused: {way}")
    for (method, path, where, message), _ in sorted(problems.items(), key=lambda item: item[0]):
        print(f"{method} {path}: {where}: {message}")
    print(f"{checked} answers checked against {spec['info']['version']}, {len(problems)} problems")
    sys.exit(1 if problems or unknown or not checked else 0)


main(sys.argv[1])
