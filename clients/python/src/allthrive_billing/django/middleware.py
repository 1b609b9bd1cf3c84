"""`request.billing`, and billing's errors as answers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from ..errors import BillingError, Refused
from .configuration import billing, member_of

logger = logging.getLogger("allthrive_billing")


def problem_response(error: BillingError) -> HttpResponse:
    """The answer for the browser: a refusal as it is, so that the page can offer what helps, and 503 for the rest."""
    answer = error.for_browser()
    if not isinstance(error, Refused):
        logger.error("answered %s: %s", answer.status, error)
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))


class BillingMiddleware:
    """Stands after the authentication, whose `request.user` it takes."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        # A setting that is wrong stops the start.
        billing()
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        # Lazily: most requests ask billing nothing.
        request.billing = SimpleLazyObject(lambda: member_of(request))  # type: ignore[attr-defined]
        response: HttpResponseBase | Awaitable[HttpResponseBase] = self.get_response(request)
        return response

    def process_exception(self, _request: HttpRequest, error: Exception) -> HttpResponse | None:
        return problem_response(error) if isinstance(error, BillingError) else None
