"""What the README shows, as pages."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.decorators import api_view
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.views import exception_handler as rest_framework_handler

from allthrive_billing import Member
from allthrive_billing.django import consume, member_of, require_feature
from allthrive_billing.drf import BillingErrorsMixin, RequiresFeature

#: What the views have done.
done: list[str] = []


def billing_of(request: Any) -> Member:
    """What the middleware has set, as a type."""
    member: Member = request.billing
    return member


@require_feature("ai_agents")
def agents(_request: HttpRequest) -> HttpResponse:
    done.append("agents")
    return HttpResponse("agents")


@require_feature("community", on_unreachable="allow")
def community(_request: HttpRequest) -> HttpResponse:
    done.append("community")
    return HttpResponse("community")


@consume(feature="ai_request")
def ask(_request: HttpRequest) -> HttpResponse:
    done.append("ask")
    return HttpResponse("an answer")


@consume(tokens=lambda request: int(request.GET["tokens"]), feature="ai_request")
async def ask_async(_request: HttpRequest) -> HttpResponse:
    done.append("ask_async")
    return HttpResponse("an answer")


@consume(feature="hint", on_unreachable="allow")
def hint(_request: HttpRequest) -> HttpResponse:
    done.append("hint")
    return HttpResponse("a hint")


def essay(request: HttpRequest) -> HttpResponse:
    with billing_of(request).hold(4_000, feature="essay") as held:
        done.append("essay")
        if "fail" in request.GET:
            raise ZeroDivisionError
        held.used(812)
    return HttpResponse("an essay")


async def essay_async(request: HttpRequest) -> HttpResponse:
    member = await sync_to_async(member_of)(request)
    await sync_to_async(member.consume, thread_sensitive=False)(feature="essay")
    done.append("essay_async")
    return HttpResponse("an essay")


class Projects(APIView):
    permission_classes = [IsAuthenticated]

    def post(self, request: Request) -> Response:
        billing_of(request).require_room("projects", have=int(request.query_params["have"]))
        done.append("project")
        return Response({"id": 1}, status=201)


class Analytics(APIView):
    permission_classes = [IsAuthenticated & RequiresFeature("advanced_analytics")]

    def get(self, _request: Request) -> Response:
        done.append("analytics")
        return Response({"views": 3})


class WithoutTheSetting(BillingErrorsMixin, APIView):
    permission_classes = [RequiresFeature("advanced_analytics")]

    def get_exception_handler(self) -> Any:
        raise AssertionError("the mixin answers by itself")

    def get(self, _request: Request) -> Response:
        raise AssertionError("was let through")


class WithTheFrameworksHandler(APIView):
    permission_classes = [RequiresFeature("advanced_analytics")]

    def get_exception_handler(self) -> Any:
        return rest_framework_handler

    def get(self, _request: Request) -> Response:
        raise AssertionError("was let through")


class Combined(APIView):
    def get(self, request: Request) -> Response:
        if "forbid" in request.query_params:
            raise PermissionDenied("It is another member's.")
        done.append(type(self).__name__)
        return Response({})


class EitherOfTwo(Combined):
    permission_classes = [RequiresFeature("ai_agents") | RequiresFeature("community")]


class EitherOfTwoThatCost(Combined):
    permission_classes = [RequiresFeature("ai_agents") | RequiresFeature("advanced_analytics")]


class AgentsOrAdmins(Combined):
    permission_classes = [RequiresFeature("ai_agents") | IsAdminUser]


class BothOfTwo(Combined):
    permission_classes = [RequiresFeature("community") & RequiresFeature("ai_agents")]


class WithoutAgents(Combined):
    permission_classes = [IsAuthenticated, ~RequiresFeature("ai_agents")]


class OnlyForAdmins(Combined):
    permission_classes = [RequiresFeature("ai_agents") | IsAuthenticated, IsAdminUser]


@api_view(["POST"])
@consume(feature="ai_request")
def ask_by_api(_request: Request) -> Response:
    done.append("ask_by_api")
    return Response({"answer": "an answer"})


urlpatterns = [
    path("agents/", agents),
    path("community/", community),
    path("ask/", ask),
    path("ask-async/", ask_async),
    path("hint/", hint),
    path("essay/", essay),
    path("essay-async/", essay_async),
    path("api/projects/", Projects.as_view()),
    path("api/analytics/", Analytics.as_view()),
    path("api/without-the-setting/", WithoutTheSetting.as_view()),
    path("api/with-the-frameworks-handler/", WithTheFrameworksHandler.as_view()),
    path("api/either-of-two/", EitherOfTwo.as_view()),
    path("api/either-of-two-that-cost/", EitherOfTwoThatCost.as_view()),
    path("api/agents-or-admins/", AgentsOrAdmins.as_view()),
    path("api/both-of-two/", BothOfTwo.as_view()),
    path("api/without-agents/", WithoutAgents.as_view()),
    path("api/only-for-admins/", OnlyForAdmins.as_view()),
    path("api/ask/", ask_by_api),
]
