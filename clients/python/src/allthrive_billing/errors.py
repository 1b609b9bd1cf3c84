"""Why billing did not say yes.

Two kinds that must not be mixed up: it said no (`Problem`), or nobody knows (`BillingUnreachable`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from .answers import Allowance, Hold, Spendable, instant

PROBLEM_JSON = "application/problem+json"


class BrowserAnswer(NamedTuple):
    """An HTTP answer for who has asked you."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BillingError(Exception):
    """Whatever kept billing from saying yes."""

    #: Of billing's answer, by which its log can be searched. None where there was none.
    request_id: str | None = None

    def __str__(self) -> str:
        return super().__str__() + (f" [request {self.request_id}]" if self.request_id else "")

    def for_browser(self) -> BrowserAnswer:
        """What the member may see of it. Whatever is not about the member is 503 `billing_unavailable`.

        With Retry-After where billing could not be reached: waiting does not mend the rest.
        """
        return _answer(_unavailable(), None)


class BillingUnreachable(BillingError):
    """No answer of billing's, after every retry: whether it was done is not known.

    Also an answer that billing did not give (a proxy's page), and its 5xx.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, worth_another_try: bool = True) -> None:
        super().__init__(message)
        #: Seconds, if billing or a proxy has said so.
        self.retry_after = retry_after
        self.worth_another_try = worth_another_try

    def for_browser(self) -> BrowserAnswer:
        return _answer(_unavailable(), self.retry_after if self.retry_after is not None else 5)


class Problem(BillingError):
    """Billing said no. `code` is stable; `title` and `detail` are for people."""

    def __init__(self, document: Mapping[str, Any], *, retry_after: float | None = None) -> None:
        self.document = dict(document)
        self.status = int(document["status"])
        self.code = str(document["code"])
        self.title = str(document.get("title") or self.code)
        self.detail: str | None = document.get("detail")
        #: Seconds.
        self.retry_after = retry_after
        super().__init__(f"{self.code}: {self.title}" + (f" ({self.detail})" if self.detail else ""))


class Refused(Problem):
    """The member may not do this now. The answer for the browser is billing's own, so that its modal opens.

    Of this very class: `unauthenticated` where the member's own token is not valid (any more), `account_deleted` where
    the member was deleted.
    """

    def for_browser(self) -> BrowserAnswer:
        return _answer(self.document, self.retry_after)

    @property
    def resets_at(self) -> datetime | None:
        """When the allowance is full again."""
        at = self.document.get("resets_at")
        return None if at is None else instant(at)

    @property
    def upgrade_to(self) -> str | None:
        """The slug of a tier that would help."""
        slug = self.document.get("upgrade_to")
        return None if slug is None else str(slug)

    @property
    def allowance(self) -> Allowance | None:
        body = self.document.get("allowance")
        return None if body is None else Allowance.read(body)

    @property
    def balance(self) -> Spendable | None:
        body = self.document.get("balance")
        return None if body is None else Spendable.read(body)


class OutOfAiRequests(Refused):
    """The allowance is used up, and there are no tokens."""


class OutOfTokens(Refused):
    """There are tokens, but fewer than the request costs."""


class FeatureNotInTier(Refused):
    """The member's tier does not include the feature."""

    @classmethod
    def of(cls, feature: str) -> FeatureNotInTier:
        return cls(
            {
                "type": "urn:allthrive:problem:feature_not_in_tier",
                "title": "This is not part of your plan",
                "status": 403,
                "code": "feature_not_in_tier",
                "key": feature,
            }
        )


class LimitReached(Refused):
    """The member has as many as the tier allows."""

    @classmethod
    def of(cls, limit: str, most: int | None, have: int) -> LimitReached:
        return cls(
            {
                "type": "urn:allthrive:problem:limit_reached",
                "title": "Your plan does not allow more of these",
                "status": 403,
                "code": "limit_reached",
                "key": limit,
                "limit": most,
                "used": have,
            }
        )


class KeyRefused(Problem):
    """Billing does not take the credentials: the service key is wrong, was revoked, or lacks the scope.

    Never the member's fault, and never let through by `on_unreachable`.
    """


class HoldNotHeld(Problem):
    """The hold has come to another end already."""

    @property
    def hold(self) -> Hold:
        return Hold.read(self.document["hold"])

    @classmethod
    def of(cls, hold: Mapping[str, Any]) -> HoldNotHeld:
        return cls(
            {
                "type": "urn:allthrive:problem:hold_not_held",
                "title": "The hold is not held any more",
                "status": 409,
                "code": "hold_not_held",
                "hold": hold,
            }
        )


class IdempotencyKeyReused(Problem):
    """The Idempotency-Key was used for another request."""


class IdempotencyKeyInUse(Problem):
    """The first request under this key still runs."""


class InvalidRequest(Problem):
    """Billing does not understand the request: a mistake in the program."""


class RateLimited(Problem):
    """Too many requests, and no time left to wait."""

    def for_browser(self) -> BrowserAnswer:
        return _answer(self.document, self.retry_after)


_BY_CODE: dict[str, type[Problem]] = {
    "out_of_ai_requests": OutOfAiRequests,
    "out_of_tokens": OutOfTokens,
    "feature_not_in_tier": FeatureNotInTier,
    "limit_reached": LimitReached,
    "not_allowed": KeyRefused,
    "unauthenticated": KeyRefused,
    "hold_not_held": HoldNotHeld,
    "idempotency_key_reused": IdempotencyKeyReused,
    "idempotency_key_in_use": IdempotencyKeyInUse,
    "invalid_request": InvalidRequest,
    "invalid_json": InvalidRequest,
    "rate_limited": RateLimited,
}


def problem_of(document: Mapping[str, Any], retry_after: float | None, *, own_token: bool = False) -> Problem:
    """By its code; one that is not known here, by its status. No problem at all: ValueError, KeyError or TypeError.

    With the member's `own_token` a 401 is the member's affair, who can sign in again.
    """
    code, status = str(document["code"]), int(document["status"])
    by_status = {403: Refused, 401: KeyRefused, 422: InvalidRequest, 429: RateLimited}
    kind = _BY_CODE.get(code) or by_status.get(status, Problem)
    if own_token and status == 401:
        kind = Refused
    return kind(document, retry_after=retry_after)


def _unavailable() -> dict[str, Any]:
    return {
        "type": "urn:allthrive:problem:billing_unavailable",
        "title": "This is not available at the moment",
        "status": 503,
        "detail": "Please try again later.",
        "code": "billing_unavailable",
    }


def _answer(document: Mapping[str, Any], retry_after: float | None) -> BrowserAnswer:
    headers = {"Content-Type": PROBLEM_JSON, "Cache-Control": "no-store"}
    if retry_after is not None:
        headers["Retry-After"] = str(math.ceil(retry_after))
    return BrowserAnswer(int(document["status"]), headers, json.dumps(document).encode())
