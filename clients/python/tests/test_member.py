"""What a member may do and has, and who pays."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from allthrive_billing import (
    AiLimits,
    Billing,
    FeatureNotInTier,
    IdempotencyKeyReused,
    InvalidRequest,
    KeyRefused,
    LimitReached,
    OutOfAiRequests,
    OutOfTokens,
    Problem,
    Refused,
)
from server import FlakyProxy, Server, token_of


def test_a_free_member_is_admitted_three_times_a_day_and_then_told_what_would_help(
    billing: Billing, subject: str
) -> None:
    member = billing.on_behalf_of(subject)
    admitted = [member.consume(feature="ai_request") for _ in range(3)]
    assert [(c.source, c.tokens, c.allowance and c.allowance.remaining) for c in admitted] == [
        ("allowance", 0, 2),
        ("allowance", 0, 1),
        ("allowance", 0, 0),
    ]
    with pytest.raises(OutOfAiRequests) as refused:
        member.consume(feature="ai_request")
    error = refused.value
    assert (error.status, error.code, error.upgrade_to) == (403, "out_of_ai_requests", "community-pro")
    assert error.allowance is not None
    assert (error.allowance.limit, error.allowance.remaining) == (3, 0)
    assert error.balance is not None
    assert error.balance.available == 0
    assert error.resets_at is not None
    assert error.resets_at.tzinfo is not None
    assert error.resets_at - datetime.now(timezone.utc) < timedelta(days=400)
    assert error.request_id is not None
    assert error.request_id in str(error)


def test_threads_that_ask_at_once_get_no_more_than_there_is(billing: Billing, subject: str) -> None:
    def ask(_: int) -> str:
        try:
            return billing.on_behalf_of(subject).consume().source or "unrecorded"
        except OutOfAiRequests as refused:
            return refused.code

    with ThreadPoolExecutor(16) as threads:
        said = Counter(threads.map(ask, range(32)))
    assert said == {"allowance": 3, "out_of_ai_requests": 29}


def test_the_browser_gets_the_refusal_as_billing_gave_it(billing: Billing, subject: str) -> None:
    member = billing.on_behalf_of(subject)
    for _ in range(3):
        member.consume()
    with pytest.raises(Refused) as refused:
        member.consume()
    answer = refused.value.for_browser()
    document = json.loads(answer.body)
    # What web/src/api/paywall.ts looks at.
    assert answer.status == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert document["code"] == "out_of_ai_requests"
    assert set(document) >= {"type", "title", "status", "detail", "resets_at", "upgrade_to", "allowance", "balance"}


def test_tokens_pay_when_the_allowance_is_used_up_as_far_as_they_go(
    server: Server, billing: Billing, subject: str
) -> None:
    server.buy_tokens(subject)
    member = billing.on_behalf_of(subject)
    for _ in range(3):
        assert member.consume(10).source == "allowance"
    paid = member.consume(10, feature="essay", model="gpt-5-mini")
    assert (paid.source, paid.tokens, paid.recorded) == ("tokens", 10, True)
    assert paid.balance is not None
    assert paid.balance.available == 99_990
    with pytest.raises(OutOfTokens) as refused:
        member.consume(99_991)
    assert refused.value.balance is not None
    assert refused.value.balance.available == 99_990


def test_the_same_key_again_is_paid_once_and_stands_for_one_request_only(billing: Billing, subject: str) -> None:
    member = billing.on_behalf_of(subject)
    first = member.consume(idempotency_key="task-7")
    again = member.consume(idempotency_key="task-7")
    assert (first.replayed, again.replayed) == (False, True)
    assert again.allowance == first.allowance
    with pytest.raises(IdempotencyKeyReused):
        member.consume(2, idempotency_key="task-7")


def test_entitlements_tell_features_and_limits(server: Server, billing: Billing, subject: str) -> None:
    member = billing.on_behalf_of(subject)
    free = member.entitlements()
    assert (free.tier_slug, free.has("community"), free.has("ai_agents")) == ("free", True, False)
    assert (free.limits["projects"], free.has_room("projects", 9), free.has_room("projects", 10)) == (10, True, False)
    models = frozenset({"gpt-5-mini", "text-embedding-3-small"})
    assert free.ai_limits == AiLimits(requests_per_minute=20, concurrent=4, models=models, largest_request=4_000)
    with pytest.raises(FeatureNotInTier) as refused:
        member.require_feature("ai_agents")
    assert refused.value.document["key"] == "ai_agents"
    assert refused.value.for_browser().status == 403
    with pytest.raises(LimitReached) as reached:
        member.require_room("projects", 10)
    assert (reached.value.document["limit"], reached.value.document["used"]) == (10, 10)
    member.require_room("projects", 9)

    # A kept no does not outlive the upgrade.
    server.subscribe(subject, "community-pro")
    member.require_feature("ai_agents")
    member.require_room("projects", 10)
    paying = member.entitlements()
    assert (paying.tier_slug, paying.limits["projects"], paying.ai_requests.limit) == ("community-pro", None, 200)
    assert paying.ai_limits is not None
    assert (paying.ai_limits.models, paying.ai_limits.largest_request) == (None, 16_000)


def test_what_the_catalog_does_not_know_nobody_has(
    billing: Billing, subject: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(FeatureNotInTier):
        billing.on_behalf_of(subject).require_feature("teleportation")
    assert "teleportation" in caplog.text
    with pytest.raises(KeyError):
        billing.on_behalf_of(subject).require_room("planets", 1)


def test_usage_counts_what_was_consumed(billing: Billing, subject: str) -> None:
    member = billing.on_behalf_of(subject)
    member.consume()
    member.consume()
    usage = member.usage()
    assert (usage.today.ai_requests, usage.month.ai_requests, usage.allowance.used) == (2, 2, 2)
    assert len(usage.days) == 30
    assert usage.days[-1].ai_requests == 2
    assert usage.runs_out_on is None


def test_a_member_may_ask_with_a_token_of_their_own(server: Server, subject: str) -> None:
    server.buy_tokens(subject)
    with Billing(server.url) as billing:
        member = billing.as_member(token_of(subject))
        assert member.consume().source == "allowance"
        balance = member.balance()
        assert (balance.available, balance.purchased, balance.spent, balance.debt) == (100_000, 100_000, 0, 0)
        with pytest.raises(KeyRefused):
            member.authorize(100)


def test_a_key_that_is_wrong_was_revoked_or_may_only_read_is_never_let_through(server: Server, subject: str) -> None:
    with Billing(server.url, "atb_wrong") as billing, pytest.raises(KeyRefused):
        billing.on_behalf_of(subject).consume(on_unreachable="allow")

    with Billing(server.url, server.new_key("read")) as billing:
        reader = billing.on_behalf_of(subject)
        assert reader.entitlements().tier_slug == "free"
        with pytest.raises(KeyRefused, match="scope"):
            reader.consume(on_unreachable="allow")

    key = server.new_key()
    with Billing(server.url, key) as billing:
        member = billing.on_behalf_of(subject)
        member.consume()
        server.revoke_newest(key)
        with pytest.raises(KeyRefused) as refused:
            member.consume(on_unreachable="allow")
    # To the member it is not a matter of signing in again.
    assert refused.value.status == 401
    answer = refused.value.for_browser()
    assert answer.status == 503
    assert "Retry-After" not in answer.headers


def test_a_token_that_is_not_valid_is_the_members_affair(server: Server) -> None:
    with Billing(server.url) as billing:
        for token in (token_of("42", lives=-3600), "no.token.atall"):
            member = billing.as_member(token)
            with pytest.raises(Refused):
                member.entitlements()
            with pytest.raises(Refused) as refused:
                member.consume(on_unreachable="allow")
            answer = refused.value.for_browser()
            assert (answer.status, json.loads(answer.body)["code"]) == (401, "unauthenticated")


def test_that_a_member_was_deleted_is_passed_on(key: str, proxy: FlakyProxy, subject: str) -> None:
    document = {"type": "about:blank", "title": "This user was deleted.", "status": 403, "code": "account_deleted"}
    proxy.page, proxy.faults = ("application/problem+json", json.dumps(document)), [403]
    with Billing(proxy.url, key) as billing, pytest.raises(Refused) as refused:
        billing.on_behalf_of(subject).consume(on_unreachable="allow")
    answer = refused.value.for_browser()
    assert (answer.status, json.loads(answer.body)) == (403, document)


def test_a_key_that_was_made_without_an_issuer_knows_no_members_of_a_host(server: Server, subject: str) -> None:
    printed = server.keys("create", "backend")
    with Billing(server.url, printed.split()[-1]) as billing, pytest.raises(Problem) as refused:
        billing.on_behalf_of(subject).consume()
    assert (refused.value.status, refused.value.code) == (404, "not_found")


def test_what_billing_does_not_understand_is_told_by_field(billing: Billing, subject: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        billing.on_behalf_of(subject).consume(feature="no spaces, please")
    assert refused.value.document["errors"][0]["field"] == "feature"


@pytest.mark.parametrize("tokens", [0, -1, True, 1.5])
def test_tokens_are_whole_numbers_from_one(billing: Billing, subject: str, tokens: int) -> None:
    with pytest.raises(ValueError, match="tokens"):
        billing.on_behalf_of(subject).consume(tokens)


@pytest.mark.parametrize("subject", ["", " 7", "a\r\nAuthorization: Bearer x", "é", "x" * 256])
def test_a_subject_that_is_no_header_is_refused_here(billing: Billing, subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        billing.on_behalf_of(subject)


@pytest.mark.parametrize("given", [" 7", "a\nb", "é", "x" * 256])
def test_an_idempotency_key_that_is_no_header_is_refused_here(billing: Billing, subject: str, given: str) -> None:
    with pytest.raises(ValueError, match="idempotency_key"):
        billing.on_behalf_of(subject).consume(idempotency_key=given, on_unreachable="allow")


@pytest.mark.parametrize("url", ["billing.example.com", "ftp://x", "https://", "https://x/?a=1", "https://u:p@x"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        Billing(url, "atb_x")


def test_no_key_is_seen_in_what_is_printed(billing: Billing, key: str, subject: str) -> None:
    member = billing.on_behalf_of(subject)
    assert key not in f"{billing!r} {member!r} {vars(member)!r}"


def test_a_forked_process_has_connections_of_its_own(server: Server, key: str, subject: str) -> None:
    program = """
import os, sys
from allthrive_billing import Billing
member = Billing(*sys.argv[1:3]).on_behalf_of(sys.argv[3])
member.consume()
child = os.fork()
member.consume()
if child == 0:
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), member.usage().today.ai_requests)
"""
    command = [sys.executable, "-c", program, server.url, key, subject]
    run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert run.stdout.split() == ["0", "3"]
