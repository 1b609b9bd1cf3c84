"""Entitlements are kept for reading, and admit nothing."""

from __future__ import annotations

import pytest

from allthrive_billing import Billing, OutOfAiRequests
from server import FlakyProxy, Server


def asked(proxy: FlakyProxy) -> int:
    return sum(path.endswith("/entitlements/") for path, _ in proxy.seen)


def test_a_kept_answer_is_not_asked_for_again_until_something_was_used(
    key: str, proxy: FlakyProxy, subject: str
) -> None:
    with Billing(proxy.url, key) as billing:
        member = billing.on_behalf_of(subject)
        assert member.entitlements().ai_requests.used == 0
        assert member.entitlements().ai_requests.used == 0
        member.require_feature("community")
        assert asked(proxy) == 1
        billing.on_behalf_of(subject).consume()
        # The features still hold.
        member.require_feature("community")
        assert asked(proxy) == 1
        assert member.entitlements().ai_requests.used == 1
        assert asked(proxy) == 2
        assert member.entitlements(fresh=True).ai_requests.used == 1
        assert asked(proxy) == 3


def test_members_do_not_see_each_others_answers(server: Server, billing: Billing, subject: str) -> None:
    server.subscribe(f"{subject}-pays", "pro-learn")
    assert billing.on_behalf_of(subject).entitlements().tier_slug == "free"
    assert billing.on_behalf_of(f"{subject}-pays").entitlements().tier_slug == "pro-learn"
    assert billing.on_behalf_of(subject).entitlements().tier_slug == "free"


def test_it_can_be_switched_off(key: str, proxy: FlakyProxy, subject: str) -> None:
    with Billing(proxy.url, key, cache_seconds=0) as billing:
        billing.on_behalf_of(subject).entitlements()
        billing.on_behalf_of(subject).require_feature("community")
    assert asked(proxy) == 2


def test_a_kept_answer_admits_nothing(server: Server, key: str, proxy: FlakyProxy, subject: str) -> None:
    with Billing(proxy.url, key) as billing, Billing(server.url, key) as elsewhere:
        assert billing.on_behalf_of(subject).entitlements().ai_requests.remaining == 3
        for _ in range(3):
            elsewhere.on_behalf_of(subject).consume()
        assert billing.on_behalf_of(subject).entitlements().ai_requests.remaining == 3
        with pytest.raises(OutOfAiRequests):
            billing.on_behalf_of(subject).consume()


def test_an_answer_that_has_not_changed_is_not_sent_again(key: str, proxy: FlakyProxy, subject: str) -> None:
    proxy.etags = True
    with Billing(proxy.url, key, cache_seconds=0) as billing:
        member = billing.on_behalf_of(subject)
        first = member.entitlements()
        assert member.entitlements() is first
        member.consume()
        assert member.entitlements().ai_requests.used == 1
    asked = [headers.get("if-none-match") for path, headers in proxy.seen if path.endswith("/entitlements/")]
    assert asked[0] is None
    assert asked[1] == asked[2] is not None
