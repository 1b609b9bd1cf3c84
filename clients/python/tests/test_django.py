"""A small Django application asks billing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import django
import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings

from allthrive_billing import Unrecorded
from allthrive_billing.django import BillingMiddleware, billing
from project.urls import done
from server import Server, free_port, token_of

#: What Django REST framework says of a permission that says nothing.
NO_PERMISSION = "You do not have permission to perform this action."
reported: list[Unrecorded] = []


def remember(event: Unrecorded) -> None:
    reported.append(event)


async def remember_async(event: Unrecorded) -> None:
    reported.append(event)


def subject_of(user: Any) -> str:
    return f"django-{user.username}"


@pytest.fixture(scope="module", autouse=True)
def _application() -> None:
    django.setup()
    call_command("migrate", verbosity=0)


@pytest.fixture(autouse=True)
def _forget() -> None:
    done.clear()
    reported.clear()


@pytest.fixture
def configured(server: Server, key: str) -> Iterator[None]:
    with override_settings(ALLTHRIVE_BILLING={"URL": server.url, "SERVICE_KEY": key, "SUBJECT": subject_of}):
        yield


@pytest.fixture
def down() -> Iterator[None]:
    settings = {
        "URL": f"http://127.0.0.1:{free_port()}",
        "SERVICE_KEY": "atb_x",
        "MAX_ATTEMPTS": 1,
        "ON_UNRECORDED": "test_django.remember",
    }
    with override_settings(ALLTHRIVE_BILLING=settings):
        yield


@pytest.fixture
def member(subject: str) -> Client:
    client = Client()
    client.force_login(new_user(subject))
    return client


def new_user(name: str, **fields: Any) -> Any:
    from django.contrib.auth.models import User

    return User.objects.create_user(name, **fields)


@pytest.mark.usefixtures("configured")
def test_a_free_member_asks_three_times_and_then_the_browser_gets_billings_refusal(member: Client) -> None:
    assert [member.get("/ask/").status_code for _ in range(3)] == [200, 200, 200]
    refused = member.get("/ask/")
    assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json")
    document = refused.json()
    assert (document["code"], document["upgrade_to"]) == ("out_of_ai_requests", "community-pro")
    assert document["allowance"]["remaining"] == 0
    assert document["balance"] == {"available": 0, "held": 0}
    assert done == ["ask"] * 3


@pytest.mark.usefixtures("configured")
def test_a_feature_is_for_who_has_it(server: Server, member: Client, subject: str) -> None:
    assert member.get("/community/").status_code == 200
    refused = member.get("/agents/")
    assert (refused.status_code, refused.json()["code"]) == (403, "feature_not_in_tier")
    server.subscribe(f"django-{subject}", "community-pro")
    assert member.get("/agents/").status_code == 200
    assert done == ["community", "agents"]


@pytest.mark.usefixtures("configured")
def test_who_is_not_signed_in_is_asked_to() -> None:
    for path in ("/ask/", "/agents/", "/essay/", "/api/without-the-setting/"):
        answer = Client().get(path)
        assert (path, answer.status_code, answer.json()["code"]) == (path, 401, "unauthenticated")
    assert done == []


@pytest.mark.usefixtures("configured")
def test_a_view_pays_what_it_has_used_and_nothing_when_it_fails(server: Server, member: Client, subject: str) -> None:
    who = billing().on_behalf_of(f"django-{subject}")
    server.buy_tokens(f"django-{subject}")
    for _ in range(3):
        who.consume()
    assert member.get("/essay/").status_code == 200
    with pytest.raises(ZeroDivisionError):
        member.get("/essay/?fail")
    balance = who.consume().balance
    assert balance is not None
    assert (balance.available, balance.held) == (100_000 - 812 - 1, 0)


@pytest.mark.usefixtures("configured")
def test_a_refusal_inside_of_a_view_is_answered_as_well(member: Client) -> None:
    for _ in range(3):
        member.get("/ask/")
    refused = member.get("/essay/")
    assert (refused.status_code, refused.json()["code"]) == (403, "out_of_ai_requests")
    assert "essay" not in done


@pytest.mark.anyio
@pytest.mark.usefixtures("configured")
async def test_async_views_are_guarded_as_well(subject: str) -> None:
    from asgiref.sync import sync_to_async

    client = AsyncClient()
    await sync_to_async(lambda: client.force_login(new_user(subject)))()
    assert (await client.get("/ask-async/?tokens=20")).status_code == 200
    assert (await client.get("/ask-async/?tokens=20")).status_code == 200
    assert (await client.get("/essay-async/")).status_code == 200
    for path in ("/ask-async/?tokens=20", "/essay-async/"):
        refused = await client.get(path)
        assert (path, refused.status_code, refused.json()["code"]) == (path, 403, "out_of_ai_requests")
    assert done == ["ask_async", "ask_async", "essay_async"]


@pytest.mark.usefixtures("configured")
def test_rest_framework_answers_problem_documents_too(server: Server, member: Client, subject: str) -> None:
    assert member.post("/api/projects/?have=9").status_code == 201
    for method, path, code in (
        ("POST", "/api/projects/?have=10", "limit_reached"),
        ("GET", "/api/analytics/", "feature_not_in_tier"),
        ("GET", "/api/without-the-setting/", "feature_not_in_tier"),
    ):
        refused = member.generic(method, path)
        assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json"), path
        assert refused.json()["code"] == code
    server.subscribe(f"django-{subject}", "pro-learn")
    assert member.get("/api/analytics/").json() == {"views": 3}
    assert done == ["project", "analytics"]

    # The framework's own errors stay its own.
    assert member.put("/api/projects/").json() == {"detail": 'Method "PUT" not allowed.'}
    assert Client().get("/api/analytics/").json() == {"detail": "Authentication credentials were not provided."}


@pytest.mark.usefixtures("configured")
def test_permissions_can_be_combined(server: Server, member: Client, subject: str) -> None:
    assert member.get("/api/either-of-two/").status_code == 200
    assert member.get("/api/without-agents/").status_code == 200
    for path, key in (
        ("/api/either-of-two-that-cost/", "ai_agents"),
        ("/api/agents-or-admins/", "ai_agents"),
        ("/api/both-of-two/", "ai_agents"),
    ):
        refused = member.get(path)
        assert (refused.status_code, refused["Content-Type"]) == (403, "application/problem+json"), path
        assert (refused.json()["code"], refused.json()["key"]) == ("feature_not_in_tier", key), path
    assert done == ["EitherOfTwo", "WithoutAgents"]

    server.subscribe(f"django-{subject}", "community-pro")
    for path in ("/api/either-of-two-that-cost/", "/api/agents-or-admins/", "/api/both-of-two/"):
        assert member.get(path).status_code == 200, path
    # There is nothing that would help.
    has_it = member.get("/api/without-agents/")
    assert (has_it.status_code, has_it.json()) == (403, {"detail": NO_PERMISSION})
    assert done[2:] == ["EitherOfTwoThatCost", "AgentsOrAdmins", "BothOfTwo"]


@pytest.mark.usefixtures("configured")
def test_a_refusal_of_billings_is_no_answer_where_something_else_refuses(member: Client, subject: str) -> None:
    forbidden = member.get("/api/either-of-two/?forbid")
    assert (forbidden.status_code, forbidden.json()) == (403, {"detail": "It is another member's."})
    only_for_admins = member.get("/api/only-for-admins/")
    assert (only_for_admins.status_code, only_for_admins.json()) == (403, {"detail": NO_PERMISSION})

    admin = Client()
    admin.force_login(new_user(f"{subject}-admin", is_staff=True))
    assert admin.get("/api/agents-or-admins/").status_code == 200
    assert admin.get("/api/agents-or-admins/?forbid").json() == {"detail": "It is another member's."}
    assert done == ["AgentsOrAdmins"]


@pytest.mark.usefixtures("configured")
def test_the_frameworks_own_handler_says_what_is_missing(member: Client) -> None:
    refused = member.get("/api/with-the-frameworks-handler/")
    title = "Advanced analytics is not part of your plan"
    assert (refused.status_code, refused.json()) == (403, {"detail": title})


@pytest.mark.usefixtures("down")
def test_the_frameworks_own_handler_says_when_to_come_again(member: Client) -> None:
    answer = member.get("/api/with-the-frameworks-handler/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json() == {"detail": "Please try again later."}


@pytest.mark.usefixtures("configured")
def test_who_has_left_billing_is_let_in_by_no_combination(server: Server, member: Client, subject: str) -> None:
    token = token_of(f"django-{subject}")
    left = httpx.delete(f"{server.url}/api/v1/auth/me/", headers={"Authorization": f"Bearer {token}"})
    assert left.status_code == 204
    for path in ("/api/without-agents/", "/api/either-of-two/"):
        refused = member.get(path)
        assert (path, refused.status_code, refused.json()["code"]) == (path, 403, "account_deleted")
    assert done == []


@pytest.mark.usefixtures("down")
def test_without_billing_no_combination_lets_anybody_in(member: Client) -> None:
    for path in ("/api/without-agents/", "/api/either-of-two/", "/api/agents-or-admins/", "/api/both-of-two/"):
        answer = member.get(path)
        assert (path, answer.status_code, answer.json()["code"]) == (path, 503, "billing_unavailable")
    assert done == []


@pytest.mark.usefixtures("configured")
def test_the_frameworks_function_views_consume(member: Client) -> None:
    assert [member.post("/api/ask/").status_code for _ in range(4)] == [200, 200, 200, 403]
    assert member.post("/api/ask/").json()["code"] == "out_of_ai_requests"
    assert done == ["ask_by_api"] * 3


@pytest.mark.usefixtures("down")
def test_without_billing_only_what_was_chosen_stays_open(member: Client) -> None:
    for path in ("/ask/", "/agents/", "/essay/", "/api/analytics/", "/ask-async/?tokens=20"):
        answer = member.get(path)
        assert (path, answer.status_code, answer["Retry-After"]) == (path, 503, "5")
        assert answer.json()["code"] == "billing_unavailable"
    assert done == []
    assert member.get("/community/").status_code == 200
    assert member.get("/hint/").status_code == 200
    assert done == ["community", "hint"]
    assert [(event.kind, event.feature) for event in reported] == [("consume", "hint")]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "must be a dictionary"),
        ({"URL": "https://billing.example.com"}, "needs SERVICE_KEY"),
        ({"URL": "https://billing.example.com", "SERVICE_KEY": "x", "TIMEOUTS": 3}, "does not know TIMEOUTS"),
        ({"URL": "billing.example.com", "SERVICE_KEY": "x"}, "url"),
        (
            {"URL": "https://x", "SERVICE_KEY": "x", "ON_UNRECORDED": "test_django.remember_async"},
            "only AsyncBilling awaits",
        ),
    ],
)
def test_a_setting_that_is_wrong_stops_the_start_and_is_named(given: Any, message: str) -> None:
    with override_settings(ALLTHRIVE_BILLING=given), pytest.raises(ImproperlyConfigured, match=message):
        BillingMiddleware(HttpResponse)
