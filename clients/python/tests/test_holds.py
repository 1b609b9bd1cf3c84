"""Requests whose cost is known only afterwards."""

from __future__ import annotations

import logging

import pytest

from allthrive_billing import Billing, HoldNotHeld, OutOfTokens, Unrecorded
from server import FlakyProxy, Server, free_port


@pytest.fixture
def subject(server: Server, billing: Billing, subject: str) -> str:
    """Somebody with tokens, whose allowance is used up: so that tokens pay."""
    server.buy_tokens(subject)
    for _ in range(3):
        billing.on_behalf_of(subject).consume()
    return subject


def available(billing: Billing, subject: str) -> tuple[int, int]:
    """And held; this costs one."""
    consumed = billing.on_behalf_of(subject).consume(1)
    assert consumed.balance is not None
    return consumed.balance.available + 1, consumed.balance.held


def test_what_was_used_is_paid_and_the_rest_given_back(billing: Billing, subject: str) -> None:
    with billing.on_behalf_of(subject).hold(4_000, feature="essay", model="gpt-5-mini") as held:
        assert held.hold is not None
        assert (held.hold.status, held.hold.source, held.hold.tokens) == ("held", "tokens", 4_000)
        held.used(400)
        held.used(812)
    assert held.hold is not None
    assert (held.hold.status, held.hold.used, held.hold.paid, held.hold.estimated) == ("captured", 812, 812, False)
    assert available(billing, subject) == (100_000 - 812, 0)


def test_who_says_nothing_pays_the_estimate(billing: Billing, subject: str) -> None:
    with billing.on_behalf_of(subject).hold(4_000) as held:
        pass
    assert held.hold is not None
    assert (held.hold.status, held.hold.paid, held.hold.estimated) == ("captured", 4_000, True)


def test_a_block_that_fails_pays_nothing(billing: Billing, subject: str) -> None:
    with pytest.raises(ZeroDivisionError), billing.on_behalf_of(subject).hold(4_000) as held:
        1 / 0  # noqa: B018
    assert held.hold is not None
    assert held.hold.status == "voided"
    assert available(billing, subject) == (100_000, 0)


def test_a_block_that_fails_after_something_was_used_pays_that(billing: Billing, subject: str) -> None:
    with pytest.raises(ZeroDivisionError), billing.on_behalf_of(subject).hold(4_000) as held:
        held.used(300)
        1 / 0  # noqa: B018
    assert available(billing, subject) == (100_000 - 300, 0)


def test_a_block_that_used_nothing_pays_nothing(billing: Billing, subject: str) -> None:
    with billing.on_behalf_of(subject).hold(4_000) as held:
        held.used(0)
    assert held.hold is not None
    assert held.hold.status == "voided"
    assert available(billing, subject) == (100_000, 0)


def test_more_than_there_is_cannot_be_held(billing: Billing, subject: str) -> None:
    ran = False
    with pytest.raises(OutOfTokens), billing.on_behalf_of(subject).hold(100_001):
        ran = True
    assert not ran


def test_a_request_that_ran_longer_than_its_hold_is_paid_all_the_same(
    server: Server, billing: Billing, subject: str
) -> None:
    with billing.on_behalf_of(subject).hold(4_000, expires_in=60) as held:
        server.advance(61)
        held.used(812)
    assert held.hold is not None
    assert (held.hold.status, held.hold.late, held.hold.used) == ("captured", True, 812)


def test_a_hold_that_nobody_ends_gives_everything_back_by_itself(
    server: Server, billing: Billing, subject: str
) -> None:
    member = billing.on_behalf_of(subject)
    hold = member.authorize(4_000, expires_in=60)
    server.advance(61)
    with pytest.raises(HoldNotHeld) as refused:
        member.void(hold.id)
    assert refused.value.hold.status == "expired"


def test_another_process_can_end_a_hold(billing: Billing, subject: str) -> None:
    member = billing.on_behalf_of(subject)
    hold = member.authorize(4_000)
    assert member.capture(hold.id, 812).paid == 812
    assert member.capture(hold.id, 812).paid == 812
    with pytest.raises(HoldNotHeld) as refused:
        member.void(hold.id)
    assert refused.value.hold.status == "captured"
    assert member.void(member.authorize(10).id).status == "voided"


def test_a_request_that_was_done_under_its_key_is_not_done_again(billing: Billing, subject: str) -> None:
    member = billing.on_behalf_of(subject)
    done = []
    with member.hold(4_000, idempotency_key="task-7") as held:
        done.append(1)
        held.used(812)
    with pytest.raises(HoldNotHeld) as refused, member.hold(4_000, idempotency_key="task-7"):
        done.append(2)
    assert done == [1]
    assert refused.value.hold.paid == 812


def test_lost_answers_hold_and_pay_once(key: str, proxy: FlakyProxy, subject: str) -> None:
    with Billing(proxy.url, key) as billing:
        proxy.faults = ["after"]
        with billing.on_behalf_of(subject).hold(4_000) as held:
            proxy.faults = ["after", "before"]
            held.used(812)
        assert held.hold is not None
        assert held.hold.status == "captured"
        assert len(set(proxy.keys_of("/holds/"))) == 1
        assert len(proxy.keys_of("/holds/")) == 2
        assert len(proxy.keys_of("/capture/")) == 3
        assert available(billing, subject) == (100_000 - 812, 0)


def test_work_that_cannot_be_captured_is_not_taken_from_the_member_but_reported_and_recorded_later(
    key: str, proxy: FlakyProxy, subject: str, caplog: pytest.LogCaptureFixture
) -> None:
    reported: list[Unrecorded] = []
    with Billing(proxy.url, key, max_attempts=2, on_unrecorded=reported.append) as billing:
        with billing.on_behalf_of(subject).hold(4_000, feature="essay") as held:
            held.used(812)
            proxy.faults = ["after", "before"]
        assert held.hold is not None
        (event,) = reported
        assert (event.kind, event.tokens, event.hold_id, event.feature) == ("capture", 812, held.hold.id, "essay")
        assert held.hold.id in caplog.text
        billing.record(event)
        billing.record(event)
        assert available(billing, subject) == (100_000 - 812, 0)


def test_a_task_that_is_run_twice_without_billing_is_recorded_once(key: str, proxy: FlakyProxy) -> None:
    reported: list[Unrecorded] = []
    # The first hold does arrive, under the same key: it is another request than what is recorded.
    proxy.faults = ["after", "before"]
    with Billing(proxy.url, key, max_attempts=1, on_unrecorded=reported.append) as billing:
        member = billing.on_behalf_of("runs-twice")
        for _ in range(2):
            with member.hold(4_000, feature="essay", idempotency_key="task-7", on_unreachable="allow") as held:
                held.used(812)
        with member.hold(4_000, on_unreachable="allow") as held:
            held.used(10)
        assert held.recorded
        assert [event.idempotency_key for event in reported] == ["task-7", "task-7"]
        for event in reported:
            billing.record(event)
        assert member.usage().today.ai_requests == 2


def test_requests_without_a_key_of_the_callers_are_recorded_one_by_one() -> None:
    reported: list[Unrecorded] = []
    nobody = f"http://127.0.0.1:{free_port()}"
    with Billing(nobody, "atb_x", max_attempts=1, on_unrecorded=reported.append) as billing:
        for _ in range(2):
            with billing.on_behalf_of("42").hold(100, on_unreachable="allow"):
                pass
    assert len({event.idempotency_key for event in reported}) == 2


def test_a_hold_that_cannot_be_voided_is_left_to_its_end(
    key: str, proxy: FlakyProxy, subject: str, caplog: pytest.LogCaptureFixture
) -> None:
    with Billing(proxy.url, key, max_attempts=1) as billing:
        with caplog.at_level(logging.WARNING), pytest.raises(ZeroDivisionError):
            with billing.on_behalf_of(subject).hold(4_000):
                proxy.faults = ["before"]
                1 / 0  # noqa: B018
    assert "given back when it expires" in caplog.text


def test_what_a_key_has_held_that_was_revoked_meanwhile_is_recorded_by_its_successor(
    server: Server, billing: Billing, subject: str
) -> None:
    reported: list[Unrecorded] = []
    key = server.new_key()
    with Billing(server.url, key, on_unrecorded=reported.append) as old:
        with old.on_behalf_of(subject).hold(4_000) as held:
            held.used(812)
            server.revoke_newest(key)
        (event,) = reported
    billing.record(event)
    assert available(billing, subject) == (100_000 - 812, 0)
