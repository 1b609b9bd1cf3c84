"""When billing cannot be reached: closed by default, open where that was chosen, and paid once."""

from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import asdict

import httpx
import pytest

from allthrive_billing import Billing, BillingUnreachable, FeatureNotInTier, OutOfAiRequests, Unrecorded
from server import FlakyProxy, free_port


@pytest.mark.parametrize("faults", [["after"], ["before"], [503], [502, "after", "before"], [429]])
def test_a_request_that_got_lost_is_sent_again_under_its_key_and_paid_once(
    key: str, proxy: FlakyProxy, subject: str, faults: list[str | int]
) -> None:
    proxy.faults = list(faults)
    with Billing(proxy.url, key) as billing:
        consumed = billing.on_behalf_of(subject).consume()
    assert consumed.allowance is not None
    assert consumed.allowance.used == 1
    assert consumed.replayed == ("after" in faults)
    keys = proxy.keys_of("/consume/")
    assert len(keys) == len(faults) + 1
    assert set(keys) == {consumed.idempotency_key}


def test_two_requests_have_two_keys(key: str, proxy: FlakyProxy, subject: str) -> None:
    with Billing(proxy.url, key) as billing:
        billing.on_behalf_of(subject).consume()
        billing.on_behalf_of(subject).consume()
    assert len(set(proxy.keys_of("/consume/"))) == 2


def test_an_answer_that_comes_too_late_is_asked_for_again(key: str, proxy: FlakyProxy, subject: str) -> None:
    proxy.faults = ["late"]
    with Billing(proxy.url, key, timeout=0.5) as billing:
        consumed = billing.on_behalf_of(subject).consume()
    assert consumed.allowance is not None
    assert (consumed.replayed, consumed.allowance.used) == (True, 1)


def test_a_refusal_is_not_asked_for_again(key: str, proxy: FlakyProxy, subject: str) -> None:
    with Billing(proxy.url, key) as billing:
        member = billing.on_behalf_of(subject)
        for _ in range(3):
            member.consume()
        with pytest.raises(OutOfAiRequests):
            member.consume()
    assert len(proxy.keys_of("/consume/")) == 4


def test_trap_16_a_request_that_cannot_be_asked_about_is_refused_unless_it_was_chosen_otherwise(
    subject: str, caplog: pytest.LogCaptureFixture
) -> None:
    reported: list[Unrecorded] = []
    nobody = f"http://127.0.0.1:{free_port()}"
    with Billing(nobody, "atb_x", max_attempts=2, on_unrecorded=reported.append) as billing:
        member = billing.on_behalf_of(subject)
        with pytest.raises(BillingUnreachable) as refused:
            member.consume()
        with pytest.raises(BillingUnreachable):
            member.require_feature("ai_agents")
        with pytest.raises(BillingUnreachable), member.hold(100):
            raise AssertionError("was let through")
        assert reported == []

        answer = refused.value.for_browser()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert json.loads(answer.body)["code"] == "billing_unavailable"

        consumed = member.consume(7, feature="essay", on_unreachable="allow")
        assert (consumed.recorded, consumed.source, consumed.tokens) == (False, None, 0)
        with caplog.at_level(logging.WARNING):
            member.require_feature("ai_agents", on_unreachable="allow")
            member.require_room("projects", 10, on_unreachable="allow")
            with member.hold(100, feature="essay", on_unreachable="allow") as held:
                held.used(12)
            with member.hold(100, on_unreachable="allow") as held:
                held.used(0)
        assert not held.recorded
    assert [(e.kind, e.subject, e.tokens, e.feature) for e in reported] == [
        ("consume", subject, 7, "essay"),
        ("consume", subject, 12, "essay"),
    ]
    assert reported[0].idempotency_key == consumed.idempotency_key
    assert "ai_agents" in caplog.text


def test_what_was_let_through_can_be_recorded_once_afterwards_even_if_it_had_arrived(
    key: str, proxy: FlakyProxy, subject: str
) -> None:
    reported: list[Unrecorded] = []
    proxy.faults = ["after"]
    with Billing(proxy.url, key, max_attempts=1, on_unrecorded=reported.append) as billing:
        member = billing.on_behalf_of(subject)
        assert not member.consume(on_unreachable="allow").recorded
        kept = json.loads(json.dumps(asdict(reported[0])))
        billing.record(Unrecorded(**kept))
        billing.record(reported[0])
        assert member.entitlements(fresh=True).ai_requests.used == 1


def test_a_refusal_is_no_outage(billing: Billing, subject: str) -> None:
    member = billing.on_behalf_of(subject)
    with pytest.raises(FeatureNotInTier):
        member.require_feature("ai_agents", on_unreachable="allow")
    for _ in range(3):
        member.consume(on_unreachable="allow")
    with pytest.raises(OutOfAiRequests):
        member.consume(on_unreachable="allow")


@pytest.mark.parametrize("status", [200, 301, 403, 404, 500])
@pytest.mark.parametrize("page", ["<h1>not billing</h1>", '{"ok": true}', "null", "[]", '{"code": 7, "status": "x"}'])
def test_a_page_of_a_proxy_is_no_answer_of_billings(
    key: str, proxy: FlakyProxy, subject: str, status: int, page: str
) -> None:
    proxy.page = ("application/json", page)
    proxy.faults = [status, status]
    with Billing(proxy.url, key, max_attempts=1) as billing:
        member = billing.on_behalf_of(subject)
        with pytest.raises(BillingUnreachable, match="an answer"):
            member.consume()
        with pytest.raises(BillingUnreachable, match="an answer"):
            member.entitlements()


def in_use(proxy: FlakyProxy) -> None:
    document = {"type": "about:blank", "title": "In use", "status": 409, "code": "idempotency_key_in_use"}
    proxy.page = ("application/problem+json", json.dumps(document))


def test_a_first_attempt_that_still_runs_is_waited_for(key: str, proxy: FlakyProxy, subject: str) -> None:
    in_use(proxy)
    proxy.faults = [409, 409]
    with Billing(proxy.url, key) as billing:
        assert billing.on_behalf_of(subject).consume().recorded


def test_a_first_attempt_that_runs_on_and_on_is_an_outage(key: str, proxy: FlakyProxy, subject: str) -> None:
    in_use(proxy)
    proxy.faults = [409] * 2
    with Billing(proxy.url, key, max_attempts=2) as billing, pytest.raises(BillingUnreachable, match="still runs"):
        billing.on_behalf_of(subject).consume()


def test_a_server_that_says_when_to_come_again_is_not_asked_before(key: str, proxy: FlakyProxy, subject: str) -> None:
    proxy.faults, proxy.retry_after = [503], "1"
    began = time.monotonic()
    with Billing(proxy.url, key) as billing:
        billing.on_behalf_of(subject).consume()
    assert time.monotonic() - began >= 1


def test_a_server_that_wants_longer_than_there_is_time_is_not_waited_for(
    key: str, proxy: FlakyProxy, subject: str
) -> None:
    proxy.faults, proxy.retry_after = [503], "60"
    began = time.monotonic()
    with Billing(proxy.url, key) as billing, pytest.raises(BillingUnreachable) as failed:
        billing.on_behalf_of(subject).consume()
    assert time.monotonic() - began < 10
    assert failed.value.retry_after == 60
    assert failed.value.for_browser().headers["Retry-After"] == "60"
    assert len(proxy.seen) == 1


def test_a_server_that_says_nothing_costs_no_more_than_the_total_time(
    key: str, proxy: FlakyProxy, subject: str
) -> None:
    proxy.faults = ["stall"] * 10
    began = time.monotonic()
    with Billing(proxy.url, key, timeout=0.4, total_timeout=1, max_attempts=9) as billing:
        with pytest.raises(BillingUnreachable):
            billing.on_behalf_of(subject).consume()
        assert 0.8 < time.monotonic() - began < 3
    assert 2 <= len(proxy.seen) <= 3


def test_a_hook_that_fails_does_not_fail_the_request(subject: str, caplog: pytest.LogCaptureFixture) -> None:
    def hook(_: Unrecorded) -> None:
        raise ZeroDivisionError

    with Billing(f"http://127.0.0.1:{free_port()}", "atb_x", max_attempts=1, on_unrecorded=hook) as billing:
        assert not billing.on_behalf_of(subject).consume(on_unreachable="allow").recorded
    assert "only in the log" in caplog.text


def test_a_hook_that_would_have_to_be_awaited_is_refused(subject: str, caplog: pytest.LogCaptureFixture) -> None:
    async def hook(_: Unrecorded) -> None:
        raise AssertionError("was awaited")

    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(TypeError, match="only AsyncBilling awaits"):
        Billing(nobody, "atb_x", on_unrecorded=hook)
    with Billing(nobody, "atb_x", max_attempts=1, on_unrecorded=lambda event: hook(event)) as billing:
        assert not billing.on_behalf_of(subject).consume(on_unreachable="allow").recorded
    assert "only in the log" in caplog.text
    assert "only AsyncBilling awaits" in caplog.text


def test_waiting_for_a_connection_is_no_sign_of_an_outage(key: str, proxy: FlakyProxy, subject: str) -> None:
    with Billing(proxy.url, key, max_connections=1, timeout=0.05, max_attempts=1) as billing:
        with billing._transport._connected().stream("GET", f"{proxy.url}/healthz"):
            # One more than make the breaker leave billing alone.
            for _ in range(6):
                with pytest.raises(BillingUnreachable, match="max_connections"):
                    billing.on_behalf_of(subject).consume()
    assert proxy.keys_of("/consume/") == []


def test_the_wait_for_a_connection_is_a_part_of_the_attempt(key: str, proxy: FlakyProxy, subject: str) -> None:
    proxy.faults = [200, "stall"]
    with Billing(proxy.url, key, max_connections=1, timeout=2, max_attempts=1) as billing:
        other = billing._transport._connected().send(httpx.Request("GET", f"{proxy.url}/"), stream=True)
        releases = threading.Timer(1.2, other.close)
        releases.start()
        began = time.monotonic()
        with pytest.raises(BillingUnreachable, match="ReadTimeout"):
            billing.on_behalf_of(subject).consume()
        took = time.monotonic() - began
        releases.join()
    assert 1.9 < took < 3.1


def test_who_does_not_answer_is_left_alone_for_a_while_and_then_asked_again(
    key: str, proxy: FlakyProxy, subject: str
) -> None:
    proxy.faults = ["before"] * 5
    with Billing(proxy.url, key, max_attempts=1) as billing:
        member = billing.on_behalf_of(subject)
        for _ in range(7):
            with pytest.raises(BillingUnreachable) as failed:
                member.consume()
        assert len(proxy.seen) == 5
        assert failed.value.retry_after is not None
        assert 4 < failed.value.retry_after <= 5
        later = time.monotonic() + 5
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "monotonic", lambda: later)
            assert member.consume().recorded
            assert member.consume().recorded


def test_a_refusal_is_an_answer_to_the_breaker(key: str, proxy: FlakyProxy, subject: str) -> None:
    proxy.faults = ["before"] * 4
    with Billing(proxy.url, key, max_attempts=1) as billing:
        member = billing.on_behalf_of(subject)
        for _ in range(4):
            with pytest.raises(BillingUnreachable):
                member.consume()
        with pytest.raises(FeatureNotInTier):
            member.require_feature("ai_agents")
        proxy.faults = ["before"] * 4
        for _ in range(4):
            with pytest.raises(BillingUnreachable):
                member.consume()
        assert member.consume().recorded
