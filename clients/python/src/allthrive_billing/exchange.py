"""One request and its retries, decided without sending: a driver (`transport.py`) does what a `Step` says.

So the blocking and the async client share all of it.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from .breaker import Breaker
from .errors import BillingUnreachable, IdempotencyKeyInUse, Problem, RateLimited, problem_of

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """Every one may be sent again: it only reads, or carries an Idempotency-Key, or ends a hold."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = None
    #: The credentials are the member's own token, and not the service key.
    own_token: bool = False


@dataclass(frozen=True)
class Attempt:
    """Wait so many seconds, then send, and give up after `timeout` seconds."""

    request: Request
    delay: float
    timeout: float


@dataclass(frozen=True)
class Call:
    """Call this, and wait for what it gives where that can be waited for. What it raises is thrown into the flow."""

    function: Callable[[], object]


@dataclass(frozen=True)
class Reply:
    status: int
    #: By lower case names.
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class NoReply:
    """The connection failed, or the answer did not come in time."""

    cause: Exception


@dataclass(frozen=True)
class NotSent:
    """Every connection was in use by other requests of this process, which says nothing of billing."""

    cause: Exception


Step = Attempt | Call
Outcome = Reply | NoReply | NotSent
#: What yields steps, is sent the outcome of each attempt, and returns the result.
Flow = Generator[Step, Outcome, T]


@dataclass(frozen=True)
class Answer:
    """Billing said yes."""

    #: None with 304.
    body: Mapping[str, Any] | None
    headers: Mapping[str, str]

    @property
    def replayed(self) -> bool:
        return self.headers.get("idempotent-replayed") == "true"


@dataclass(frozen=True)
class Patience:
    """How long to try. Seconds."""

    attempt: float = 3.0
    total: float = 8.0
    attempts: int = 4
    #: The first wait is up to this long; each later one twice as long as the one before it.
    backoff: float = 0.1
    longest_backoff: float = 2.0


def exchange(request: Request, patience: Patience, breaker: Breaker) -> Flow[Answer]:
    """Sends until billing has answered, the attempts are used up, or the next wait would go beyond the total time."""
    pause = breaker.wait()
    if pause:
        raise BillingUnreachable("not asked, because it did not answer a moment ago", retry_after=pause)
    deadline = time.monotonic() + patience.total
    delay = 0.0
    tried = 0
    while True:
        left = deadline - time.monotonic() - delay
        outcome = yield Attempt(request, delay, max(min(patience.attempt, left), 0.001))
        tried += 1
        verdict = _judge(outcome, request.own_token)
        if isinstance(verdict, Answer):
            breaker.reached()
            return verdict
        delay = _wait(verdict, tried, patience)
        if tried < patience.attempts and _worth_another_try(verdict) and time.monotonic() + delay < deadline:
            continue
        if isinstance(verdict, BillingUnreachable):
            if not isinstance(outcome, NotSent):
                breaker.failed()
            raise verdict
        breaker.reached()
        if isinstance(verdict, IdempotencyKeyInUse):
            # As a rule by an attempt of this very call, which billing is slow to answer.
            raise BillingUnreachable("the first attempt still runs", retry_after=verdict.retry_after) from verdict
        raise verdict


def _judge(outcome: Outcome, own_token: bool) -> Answer | Problem | BillingUnreachable:
    """Only what looks like billing's own counts as its answer: a proxy's page says neither yes nor no."""
    if not isinstance(outcome, Reply):
        if isinstance(outcome, NotSent):
            error = BillingUnreachable("not sent, because all connections were in use: max_connections is too small")
        else:
            error = BillingUnreachable(f"no answer: {type(outcome.cause).__name__}: {outcome.cause}")
        error.__cause__ = outcome.cause
        return error
    verdict = _read(outcome, own_token)
    if not isinstance(verdict, Answer):
        verdict.request_id = outcome.headers.get("x-request-id")
    return verdict


def _read(reply: Reply, own_token: bool) -> Answer | Problem | BillingUnreachable:
    retry_after = _retry_after(reply.headers.get("retry-after"))
    if reply.status == 304:
        return Answer(None, reply.headers)
    try:
        body = json.loads(reply.body)
        if 200 <= reply.status < 300 and isinstance(body, dict):
            return Answer(body, reply.headers)
        if 400 <= reply.status < 500:
            return problem_of(body, retry_after, own_token=own_token)
        code = f" ({body['code']})"
    except (ValueError, KeyError, TypeError):
        code = " that is not billing's"
    return BillingUnreachable(
        f"an answer {reply.status}{code}",
        retry_after=retry_after,
        worth_another_try=reply.status >= 500 or reply.status == 429,
    )


def _worth_another_try(verdict: Problem | BillingUnreachable) -> bool:
    if isinstance(verdict, BillingUnreachable):
        return verdict.worth_another_try
    return isinstance(verdict, RateLimited | IdempotencyKeyInUse)


def _wait(verdict: Problem | BillingUnreachable, tried: int, patience: Patience) -> float:
    """At least what billing asks for, and never all clients at the same moment."""
    ceiling = min(patience.backoff * 2 ** (tried - 1), patience.longest_backoff)
    jitter = random.uniform(ceiling / 2, ceiling)  # noqa: S311 (no secret)
    return (verdict.retry_after or 0.0) + jitter


def _retry_after(value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return max(float(int(value)), 0.0)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    # Without an offset it is in UTC, as of every HTTP date.
    at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
    return max((at - datetime.now(timezone.utc)).total_seconds(), 0.0)


def read(reader: Callable[[Mapping[str, Any]], T], answer: Answer, *path: str) -> T:
    """The answer as a value; one that cannot be read is none."""
    try:
        body: Any = answer.body
        for name in path:
            body = body[name]
        return reader(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BillingUnreachable(f"an answer that cannot be read: {error!r}") from error
