"""Django REST framework: permissions, and an exception handler that answers problem documents."""

from __future__ import annotations

import json
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView, set_rollback
from rest_framework.views import exception_handler as rest_framework_handler

from .django import NotSignedIn, member_of, problem_response
from .errors import BillingError, FeatureNotInTier, Refused
from .flows import OnUnreachable

__all__ = ["BillingErrorsMixin", "RequiresFeature", "exception_handler"]

_ASKED = "_allthrive_billing_asked"


class _Denied(APIException):
    """No answer of billing's, as the framework expects it of a permission: it asks some only to draw its forms.

    That the member has not got it is returned as False. This is raised, so that nobody is let in by it, whatever the
    permission is combined with.
    """

    def __init__(self, error: BillingError) -> None:
        answer = error.for_browser()
        document = json.loads(answer.body)
        super().__init__(document.get("detail") or document["title"], document["code"])
        self.error = error
        self.status_code = answer.status
        #: Seconds. The framework's own handler makes Retry-After of it.
        self.wait = int(answer.headers.get("Retry-After", 0))


class _Asked:
    """What billing has refused to the member of a request, kept there for the handler: a permission only says no."""

    def __init__(self) -> None:
        self.refusals: dict[str, Refused] = {}
        #: Billing is not asked any more: what was not refused counts as a yes, and so does what is `supposed`.
        self.over = False
        self.supposed: str | None = None
        #: The features that a permission has wanted in vain.
        self.wanted: list[str] = []

    @classmethod
    def of(cls, request: Request) -> _Asked:
        asked = getattr(request, _ASKED, None)
        if not isinstance(asked, cls):
            asked = cls()
            setattr(request, _ASKED, asked)
        return asked


def RequiresFeature(  # noqa: N802 (a class, as far as who uses it can see)
    feature: str, *, on_unreachable: OnUnreachable = "deny"
) -> type[BasePermission]:
    """A permission: only for members whose tier includes the feature. `permission_classes = [RequiresFeature("…")]`.

    It can be combined with others by `&`, `|` and `~`. Where billing gives no answer, or knows the member no more, it
    raises, which refuses the request whatever it is combined with.
    """

    class Permission(BasePermission):
        #: For the framework's own handler, which sees them where this was not combined with others.
        message: str | None = None
        code: str | None = None

        def has_permission(self, request: Request, _view: APIView) -> bool:
            asked = _Asked.of(request)
            if asked.over and asked.supposed == feature:
                return True
            if not asked.over and feature not in asked.refusals:
                try:
                    member_of(request).require_feature(feature, on_unreachable=on_unreachable)
                except (FeatureNotInTier, NotSignedIn) as refusal:
                    asked.refusals[feature] = refusal
                except BillingError as error:
                    raise _Denied(error) from error
            refused = asked.refusals.get(feature)
            if refused is None:
                return True
            asked.wanted.append(feature)
            self.message, self.code = refused.detail or refused.title, refused.code
            return False

    Permission.__name__ = Permission.__qualname__ = f"RequiresFeature({feature!r})"
    return Permission


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """For the setting `EXCEPTION_HANDLER`: billing's errors as problem documents, every other one as before."""
    answer = _problem(error, context.get("request"), context.get("view"))
    return answer or rest_framework_handler(error, context)


class BillingErrorsMixin:
    """For single views, where the setting belongs to another handler. Stands before `APIView` among the bases."""

    def handle_exception(self, exc: Exception) -> Any:
        answer = _problem(exc, getattr(self, "request", None), self)
        return answer or super().handle_exception(exc)  # type: ignore[misc]


def _problem(error: Exception, request: Any, view: Any) -> HttpResponseBase | None:
    found: Exception | None = error
    if isinstance(error, _Denied):
        found = error.error
    elif isinstance(error, PermissionDenied | NotAuthenticated):
        found = _refusal(request, view)
    if not isinstance(found, BillingError):
        return None
    set_rollback()
    return problem_response(found)


def _refusal(request: Any, view: Any) -> Refused | None:
    """The refusal that keeps the request out of the view; None where something else does, or the permissions let it in.

    Only the framework knows how permissions are combined. So they are gone through once more, by what billing has said
    already, and then as if the member had the feature: it has to be the feature that is missing.
    """
    asked = getattr(request, _ASKED, None)
    if not isinstance(asked, _Asked) or not asked.refusals or not isinstance(view, APIView):
        return None
    asked.over = True
    try:
        for permission in view.get_permissions():
            asked.wanted.clear()
            if permission.has_permission(request, view):
                continue
            for feature in tuple(asked.wanted):
                asked.supposed = feature
                if permission.has_permission(request, view):
                    return asked.refusals[feature]
            return None
    except Exception:
        # Another permission, which refuses by raising, or cannot be asked twice.
        return None
    finally:
        asked.over, asked.supposed = False, None
    return None
