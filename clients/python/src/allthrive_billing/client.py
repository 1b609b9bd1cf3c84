"""The two clients: `Billing`, which blocks, and `AsyncBilling`."""

from __future__ import annotations

from inspect import iscoroutinefunction
from typing import ClassVar
from urllib.parse import urlsplit

from .breaker import Breaker
from .cache import EntitlementsCache
from .exchange import Patience
from .flows import Flows, OnUnrecorded, Settings, Unrecorded, is_header
from .member import AsyncMember, Member
from .transport import Async, Blocking


class _Client:
    #: Whether it can wait for a hook.
    _awaits: ClassVar[bool]

    def __init__(
        self,
        url: str,
        service_key: str | None = None,
        *,
        connect_timeout: float = 1.0,
        timeout: float = 3.0,
        total_timeout: float = 8.0,
        max_attempts: int = 4,
        max_connections: int = 20,
        cache_seconds: float = 10.0,
        on_unrecorded: OnUnrecorded | None = None,
    ) -> None:
        """
        `timeout` is of one attempt, `total_timeout` of all of them with the waits between, in seconds. At most
        `max_connections` requests run at a time; a further one waits for one of them, within its `timeout`. An answer
        to `entitlements` counts for `cache_seconds`. `on_unrecorded` is called with what was done and not recorded,
        and only the log tells that it failed; `AsyncBilling` awaits a coroutine function, `Billing` does not take one.

        What cannot be right is a ValueError, or a TypeError.
        """
        parts = urlsplit(url)
        strange = parts.query or parts.fragment or "@" in parts.netloc
        if parts.scheme not in ("http", "https") or not parts.netloc or strange:
            raise ValueError(f"url must be the address of billing, as https://billing.example.com, not {url!r}")
        if service_key is not None and not is_header(service_key):
            raise ValueError("service_key must be a key as `allthrive-billing keys create` prints it")
        positive = (connect_timeout, timeout, total_timeout, max_attempts, max_connections)
        if min(positive) <= 0 or cache_seconds < 0:
            raise ValueError("time limits and numbers must be positive, cache_seconds not negative")
        if iscoroutinefunction(on_unrecorded) and not self._awaits:
            raise TypeError("on_unrecorded must not be a coroutine function: only AsyncBilling awaits it")
        self.url = url.rstrip("/")
        self._service_key = service_key
        self._connect(connect_timeout, max_connections)
        self._settings = Settings(
            prefix=f"{self.url}/api/v1/billing/",
            patience=Patience(attempt=timeout, total=total_timeout, attempts=max_attempts),
            breaker=Breaker(),
            cache=EntitlementsCache(cache_seconds),
            on_unrecorded=on_unrecorded,
        )

    def _connect(self, connect_timeout: float, max_connections: int) -> None:
        raise NotImplementedError

    def __repr__(self) -> str:
        """Without the key."""
        return f"{type(self).__name__}({self.url!r})"

    def _of_subject(self, subject: str) -> Flows:
        if self._service_key is None:
            raise ValueError("a service_key is needed to ask on behalf of somebody")
        if not is_header(subject) or len(subject) > 255:
            raise ValueError(f"subject must be 1 to 255 printable ASCII characters, not {subject!r}")
        headers = {"Authorization": f"Bearer {self._service_key}", "On-Behalf-Of": subject}
        return Flows(self._settings, headers, subject)

    def _of_token(self, token: str) -> Flows:
        if not is_header(token):
            raise ValueError("token must be printable ASCII characters")
        return Flows(self._settings, {"Authorization": f"Bearer {token}"}, "")


class Billing(_Client):
    """Asks billing, and waits for its answer. One for the whole process; every thread may use it."""

    _awaits = False

    def _connect(self, connect_timeout: float, max_connections: int) -> None:
        self._transport = Blocking(connect_timeout, max_connections)

    def on_behalf_of(self, subject: str) -> Member:
        """The member whom your application knows as `subject`: the `sub` of its tokens."""
        return Member(self._of_subject(subject), self._transport)

    def as_member(self, token: str) -> Member:
        """The member whose own token this is. Members cannot hold."""
        return Member(self._of_token(token), self._transport)

    def record(self, event: Unrecorded) -> None:
        """Records what could not be recorded when it was done: once, however often it is called within 24 hours.

        A refusal is the end of the event, which cannot be paid any more: `Refused`, where the member has nothing left
        by now, or was deleted; `HoldNotHeld`, where the hold has come to another end; `IdempotencyKeyReused`, where
        another cost was recorded under its key. After `BillingUnreachable`, and every other `BillingError`, keep it and
        try again later. An event without a subject cannot be recorded: ValueError.
        """
        self._transport.run(self._of_subject(event.subject).record(event))

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Billing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncBilling(_Client):
    """`Billing` for one event loop, of asyncio or trio."""

    _awaits = True

    def _connect(self, connect_timeout: float, max_connections: int) -> None:
        self._transport = Async(connect_timeout, max_connections)

    def on_behalf_of(self, subject: str) -> AsyncMember:
        return AsyncMember(self._of_subject(subject), self._transport)

    def as_member(self, token: str) -> AsyncMember:
        return AsyncMember(self._of_token(token), self._transport)

    async def record(self, event: Unrecorded) -> None:
        """As `Billing.record`, which says what it raises."""
        await self._transport.run(self._of_subject(event.subject).record(event))

    async def close(self) -> None:
        await self._transport.close()

    async def __aenter__(self) -> AsyncBilling:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
