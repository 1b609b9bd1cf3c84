"""Django REST framework: permissions, and an exception handler that answers problem documents."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView, set_rollback
from rest_framework.views import exception_handler as rest_framework_handler

from .django import member_of, problem_response
from .errors import BillingError
from .flows import OnUnreachable

__all__ = ["BillingErrorsMixin", "RequiresFeature", "exception_handler"]


class _Denied(APIException):
    """A `BillingError` in the form that the framework expects of a permission: it asks some only to draw its forms."""

    def __init__(self, error: BillingError) -> None:
        document = getattr(error, "document", {})
        super().__init__(document.get("detail"), document.get("code"))
        self.error = error
        self.status_code = error.for_browser().status


def RequiresFeature(  # noqa: N802 (a class, as far as who uses it can see)
    feature: str, *, on_unreachable: OnUnreachable = "deny"
) -> type[BasePermission]:
    """A permission: only for members whose tier includes the feature. `permission_classes = [RequiresFeature("…")]`."""

    class Permission(BasePermission):
        def has_permission(self, request: Request, _view: APIView) -> bool:
            try:
                member_of(request).require_feature(feature, on_unreachable=on_unreachable)
            except BillingError as error:
                raise _Denied(error) from error
            return True

    Permission.__name__ = Permission.__qualname__ = f"RequiresFeature({feature!r})"
    return Permission


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """For the setting `EXCEPTION_HANDLER`: billing's errors as problem documents, every other one as before."""
    return _problem(error) or rest_framework_handler(error, context)


class BillingErrorsMixin:
    """For single views, where the setting belongs to another handler. Stands before `APIView` among the bases."""

    def handle_exception(self, exc: Exception) -> Any:
        return _problem(exc) or super().handle_exception(exc)  # type: ignore[misc]


def _problem(error: Exception) -> HttpResponseBase | None:
    if isinstance(error, _Denied):
        error = error.error
    if not isinstance(error, BillingError):
        return None
    set_rollback()
    return problem_response(error)
