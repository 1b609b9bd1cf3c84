"""The two clients: `Billing`, which blocks, and `AsyncBilling`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import anyio

from .answers import Balance, Consumed, Entitlements, Hold, Usage
from .breaker import Breaker
from .cache import EntitlementsCache
from .exchange import Patience
from .flows import Flows, OnUnreachable, Settings, Unrecorded, is_header
from .holds import HeldRequest
from .transport import Async, Blocking


class _Client:
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
        on_unrecorded: Callable[[Unrecorded], None] | None = None,
    ) -> None:
        """
        `timeout` is of one attempt, `total_timeout` of all of them with the waits between, in seconds. An answer to
        `entitlements` counts for `cache_seconds`. `on_unrecorded` is called with what was done and not recorded.
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

    def _connect(self, connect_timeout: float, max_connections: int) -> None:
        self._transport = Blocking(connect_timeout, max_connections)

    def on_behalf_of(self, subject: str) -> Member:
        """The member whom your application knows as `subject`: the `sub` of its tokens."""
        return Member(self._of_subject(subject), self._transport)

    def as_member(self, token: str) -> Member:
        """The member whose own token this is. Members cannot hold."""
        return Member(self._of_token(token), self._transport)

    def record(self, event: Unrecorded) -> None:
        """Records what could not be recorded when it was done: once, however often it is called within 24 hours."""
        self._transport.run(self._of_subject(event.subject).record(event))

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Billing:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Member:
    """Whom billing is asked about. Each method raises a `BillingError` for whatever is not a yes."""

    def __init__(self, flows: Flows, transport: Blocking) -> None:
        self._flows = flows
        self._transport = transport

    def entitlements(self, *, fresh: bool = False) -> Entitlements:
        """What the member may do now. For reading: only `consume` and `hold` admit a request."""
        return self._transport.run(self._flows.entitlements(fresh=fresh))

    def balance(self) -> Balance:
        """The whole token balance. Only for `as_member`; a service key gets what there is with each `consume`."""
        return self._transport.run(self._flows.balance())

    def usage(self) -> Usage:
        """What was used in the last thirty days."""
        return self._transport.run(self._flows.usage())

    def require_feature(self, feature: str, *, on_unreachable: OnUnreachable = "deny") -> None:
        """Raises `FeatureNotInTier` where the tier does not include the feature."""
        self._transport.run(self._flows.require_feature(feature, on_unreachable))

    def require_room(self, limit: str, have: int, *, on_unreachable: OnUnreachable = "deny") -> None:
        """Raises `LimitReached` where who has `have` of them may not have one more."""
        self._transport.run(self._flows.require_room(limit, have, on_unreachable))

    def consume(
        self,
        tokens: int = 1,
        *,
        feature: str | None = None,
        model: str | None = None,
        idempotency_key: str | None = None,
        on_unreachable: OnUnreachable = "deny",
    ) -> Consumed:
        """Admits an AI request and pays for it, in one step: do it only if this returns.

        `tokens` is what it costs where tokens pay for it. An `idempotency_key` of your own is for a retry of your own,
        within 24 hours; what was paid before comes back as `replayed`.
        """
        return self._transport.run(self._flows.consume(tokens, feature, model, idempotency_key, on_unreachable))

    @contextmanager
    def hold(
        self,
        tokens: int,
        *,
        feature: str | None = None,
        model: str | None = None,
        expires_in: int | None = None,
        idempotency_key: str | None = None,
        on_unreachable: OnUnreachable = "deny",
    ) -> Iterator[HeldRequest]:
        """For a `with` block around an AI request that costs at most `tokens`; say in it what was `used`.

        At the end of the block that is paid, or the whole estimate where nothing was said. A block that fails before it
        said anything pays nothing. `expires_in` seconds, 300 unless told, should do for the longest request.
        """
        held = HeldRequest(self._flows, tokens, feature, model, expires_in, idempotency_key, on_unreachable)
        self._transport.run(held.open())
        try:
            yield held
        except BaseException:
            self._transport.run(held.close(failed=True))
            raise
        self._transport.run(held.close(failed=False))

    def authorize(
        self,
        tokens: int,
        *,
        feature: str | None = None,
        model: str | None = None,
        expires_in: int | None = None,
        idempotency_key: str | None = None,
    ) -> Hold:
        """A hold that another process ends, by `capture` or `void`; see `hold`."""
        return self._transport.run(self._flows.authorize(tokens, feature, model, expires_in, idempotency_key))

    def capture(self, hold_id: str, tokens: int | None = None) -> Hold:
        """Pays what the request has used; None: the estimate."""
        return self._transport.run(self._flows.capture(hold_id, tokens, None))

    def void(self, hold_id: str) -> Hold:
        """Nothing was used."""
        return self._transport.run(self._flows.void(hold_id))


class AsyncBilling(_Client):
    """`Billing` for one event loop, of asyncio or trio."""

    def _connect(self, connect_timeout: float, max_connections: int) -> None:
        self._transport = Async(connect_timeout, max_connections)

    def on_behalf_of(self, subject: str) -> AsyncMember:
        return AsyncMember(self._of_subject(subject), self._transport)

    def as_member(self, token: str) -> AsyncMember:
        return AsyncMember(self._of_token(token), self._transport)

    async def record(self, event: Unrecorded) -> None:
        await self._transport.run(self._of_subject(event.subject).record(event))

    async def close(self) -> None:
        await self._transport.close()

    async def __aenter__(self) -> AsyncBilling:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncMember:
    """As `Member`, whose methods say more."""

    def __init__(self, flows: Flows, transport: Async) -> None:
        self._flows = flows
        self._transport = transport

    async def entitlements(self, *, fresh: bool = False) -> Entitlements:
        return await self._transport.run(self._flows.entitlements(fresh=fresh))

    async def balance(self) -> Balance:
        return await self._transport.run(self._flows.balance())

    async def usage(self) -> Usage:
        return await self._transport.run(self._flows.usage())

    async def require_feature(self, feature: str, *, on_unreachable: OnUnreachable = "deny") -> None:
        await self._transport.run(self._flows.require_feature(feature, on_unreachable))

    async def require_room(self, limit: str, have: int, *, on_unreachable: OnUnreachable = "deny") -> None:
        await self._transport.run(self._flows.require_room(limit, have, on_unreachable))

    async def consume(
        self,
        tokens: int = 1,
        *,
        feature: str | None = None,
        model: str | None = None,
        idempotency_key: str | None = None,
        on_unreachable: OnUnreachable = "deny",
    ) -> Consumed:
        flow = self._flows.consume(tokens, feature, model, idempotency_key, on_unreachable)
        return await self._transport.run(flow)

    @asynccontextmanager
    async def hold(
        self,
        tokens: int,
        *,
        feature: str | None = None,
        model: str | None = None,
        expires_in: int | None = None,
        idempotency_key: str | None = None,
        on_unreachable: OnUnreachable = "deny",
    ) -> AsyncIterator[HeldRequest]:
        held = HeldRequest(self._flows, tokens, feature, model, expires_in, idempotency_key, on_unreachable)
        await self._transport.run(held.open())
        try:
            yield held
        except BaseException:
            # Who leaves in mid-stream cancels this task, and what was used has to be paid all the same.
            with anyio.CancelScope(shield=True):
                await self._transport.run(held.close(failed=True))
            raise
        with anyio.CancelScope(shield=True):
            await self._transport.run(held.close(failed=False))

    async def authorize(
        self,
        tokens: int,
        *,
        feature: str | None = None,
        model: str | None = None,
        expires_in: int | None = None,
        idempotency_key: str | None = None,
    ) -> Hold:
        flow = self._flows.authorize(tokens, feature, model, expires_in, idempotency_key)
        return await self._transport.run(flow)

    async def capture(self, hold_id: str, tokens: int | None = None) -> Hold:
        return await self._transport.run(self._flows.capture(hold_id, tokens, None))

    async def void(self, hold_id: str) -> Hold:
        return await self._transport.run(self._flows.void(hold_id))
