"""`@require_feature` and `@consume`, for views that block and views that do not."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest

from ..errors import BillingError
from ..flows import OnUnreachable
from ..member import Member
from .configuration import member_of
from .middleware import problem_response

View = TypeVar("View", bound=Callable[..., Any])


def require_feature(feature: str, *, on_unreachable: OnUnreachable = "deny") -> Callable[[View], View]:
    """Only for members whose tier includes the feature."""
    return _before(lambda member, _request: member.require_feature(feature, on_unreachable=on_unreachable))


def consume(
    tokens: int | Callable[[HttpRequest], int] = 1,
    *,
    feature: str | None = None,
    model: str | None = None,
    on_unreachable: OnUnreachable = "deny",
) -> Callable[[View], View]:
    """Each call is paid before the view runs, and stays paid if the view fails then: `request.billing.hold` does not.

    No Idempotency-Key of the browser's is taken over: by sending one again, the work would be done again for nothing.
    """

    def pay(member: Member, request: HttpRequest) -> None:
        cost = tokens(request) if callable(tokens) else tokens
        member.consume(cost, feature=feature, model=model, on_unreachable=on_unreachable)

    return _before(pay)


def _before(ask: Callable[[Member, HttpRequest], object]) -> Callable[[View], View]:
    """Asks before the view, which runs only after a yes."""

    def decorate(view: View) -> View:
        if iscoroutinefunction(view):

            @wraps(view)
            async def guarded_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                try:
                    # The user is read from the database, on the thread that Django has for that. Billing is waited for
                    # on another: an async client would belong to one event loop, and Django may have many.
                    member = await sync_to_async(member_of)(request)
                    await sync_to_async(ask, thread_sensitive=False)(member, request)
                except BillingError as error:
                    return problem_response(error)
                return await view(request, *args, **kwargs)

            return cast(View, guarded_async)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                ask(member_of(request), request)
            except BillingError as error:
                return problem_response(error)
            return view(request, *args, **kwargs)

        return cast(View, guarded)

    return decorate
