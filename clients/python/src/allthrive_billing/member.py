"""Whom billing is asked about: `Member`, which blocks, and `AsyncMember`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio

from .answers import Balance, Consumed, Entitlements, Hold, Usage
from .flows import Flows, OnUnreachable
from .holds import HeldRequest
from .transport import Async, Blocking


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
        within 24 hours; what was paid before comes back as `replayed`. It stands for one request: a hold of the same
        task needs another.
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
