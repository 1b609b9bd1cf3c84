"""The code of the README runs as it stands there."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings

from allthrive_billing import Billing, BillingError, Refused, Unrecorded
from server import Server, free_port

README = Path(__file__).parent.parent / "README.md"
#: What a section of the README needs that a reader has.
USER = type("User", (), {"pk": "readme", "is_authenticated": True})()


class Essay(str):
    tokens = 812


def blocks() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)


def test_every_block_runs(server: Server, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.decorators import api_view
    from rest_framework.permissions import IsAuthenticated
    from rest_framework.response import Response
    from rest_framework.test import APIRequestFactory, force_authenticate
    from rest_framework.views import APIView

    monkeypatch.setenv("BILLING_URL", server.url)
    monkeypatch.setenv("BILLING_KEY", key)
    server.subscribe("42", "community-pro")
    clients = set()
    names: dict[str, Any] = {
        "ask_the_ai": Essay,
        "BillingError": BillingError,
        "MyResponse": lambda body, status=200, headers=None: (status, body),  # noqa: ARG005
        "HttpResponse": HttpResponse,
        "APIView": APIView,
        "IsAuthenticated": IsAuthenticated,
        "Response": Response,
        "api_view": api_view,
    }
    found = blocks()
    assert len(found) == 12
    for block in found:
        exec(compile(block, str(README), "exec"), names)  # noqa: S102
        if "my_view" in block:
            assert names["my_view"]("Why?") == (200, "Why?")
        clients.add(names["billing"])

    asyncio.run(names["main"]())
    usage = names["billing"].on_behalf_of("42").usage()
    # The first block, the hold, my_view, two lines of "When billing is down", and main.
    assert usage.today.ai_requests == 6
    for client in clients:
        client.close()

    with override_settings(ALLTHRIVE_BILLING=names["ALLTHRIVE_BILLING"], REST_FRAMEWORK=names["REST_FRAMEWORK"]):
        request: Any = RequestFactory().get("/?question=Why")
        request.user = USER
        assert names["agents"](request).status_code == 403
        assert names["ask"](request).content == b"Why"
        assert asyncio.run(names["hint"](request)).status_code == 200
        assert asyncio.run(names["ask_async"](request)).status_code == 200
        assert names["ask"](request).status_code == 403

        for view in (names["Analytics"].as_view(), names["ask_by_api"]):
            for_api = APIRequestFactory().post("/") if view is names["ask_by_api"] else APIRequestFactory().get("/")
            force_authenticate(for_api, USER)
            answer = view(for_api)
            assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")


def test_an_event_that_cannot_be_paid_any_more_does_not_keep_back_those_behind_it(server: Server, key: str) -> None:
    (block,) = (block for block in blocks() if "def record_all" in block)
    later: list[Unrecorded] = []
    names: dict[str, Any] = {"Refused": Refused, "BillingError": BillingError, "later": later}
    exec(compile(block, str(README), "exec"), names)  # noqa: S102

    def event(subject: str, tokens: int, key: str) -> Unrecorded:
        return Unrecorded("consume", subject, tokens, None, None, None, key, "billing was down")

    with Billing(server.url, key) as billing:
        for _ in range(3):
            billing.on_behalf_of("spent").consume()
        # Nothing is left; paid; the same again; another cost under its key; paid.
        later += [event("spent", 1, "a"), event("thrifty", 1, "b"), event("thrifty", 1, "b")]
        later += [event("thrifty", 2, "b"), event("thrifty", 1, "c")]
        with Billing(f"http://127.0.0.1:{free_port()}", key, max_attempts=1) as names["billing"]:
            names["record_all"]()
        assert len(later) == 5
        names["billing"] = billing
        names["record_all"]()
        assert later == []
        assert billing.on_behalf_of("thrifty").usage().today.ai_requests == 2


def test_every_option_is_in_the_table() -> None:
    import inspect

    from allthrive_billing import Billing
    from allthrive_billing.django.configuration import _OPTIONS

    table = dict(re.findall(r"^\| `(\w+)` \| `([A-Z_]+)` \|", README.read_text(), re.MULTILINE))
    assert {name: option for option, name in table.items()} == _OPTIONS
    assert set(table) == set(inspect.signature(Billing).parameters)
