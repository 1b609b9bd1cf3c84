"""What can be asked about a member, as flows: see `exchange.py`."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from .answers import Balance, Consumed, Entitlements, Hold, Usage
from .breaker import Breaker
from .cache import EntitlementsCache
from .errors import BillingError, BillingUnreachable, FeatureNotInTier, HoldNotHeld, LimitReached, Refused
from .exchange import Answer, Call, Flow, Patience, Request, exchange, read

logger = logging.getLogger("allthrive_billing")

#: What to do when billing cannot be reached: refuse, or do it and let nobody pay.
OnUnreachable = Literal["deny", "allow"]


@dataclass(frozen=True)
class Unrecorded:
    """Something was done that billing does not know of, or may not know of. `record` records it later.

    `dataclasses.asdict` makes JSON of it, and `Unrecorded(**it)` brings it back.
    """

    #: `consume`: let through by `on_unreachable="allow"`. `capture`: done under a hold that could not be settled.
    kind: Literal["consume", "capture"]
    #: Empty where the member's own token asked; then it cannot be recorded later.
    subject: str
    #: None: as many as the hold has.
    tokens: int | None
    feature: str | None
    model: str | None
    hold_id: str | None
    #: Recorded later under the same key, it is paid once even if the first request did arrive.
    idempotency_key: str
    #: Why, for people.
    cause: str


#: Gets what was done and not recorded. Only `AsyncBilling` waits for what it gives.
OnUnrecorded = Callable[[Unrecorded], Awaitable[None] | None]


@dataclass(frozen=True)
class Settings:
    prefix: str
    patience: Patience
    breaker: Breaker
    cache: EntitlementsCache
    on_unrecorded: OnUnrecorded | None

    def report(self, event: Unrecorded) -> Flow[None]:
        """The hook may fail; the member's request must not."""
        logger.error("done and not recorded: %s", event)
        hook = self.on_unrecorded
        if hook is None:
            return
        try:
            yield Call(lambda: hook(event))
        except Exception:
            logger.exception("on_unrecorded has failed, and %s is only in the log", event)


@dataclass(frozen=True)
class Flows:
    """Of one member. `subject` is empty where the member's own token asks."""

    settings: Settings
    headers: Mapping[str, str] = field(repr=False)
    subject: str

    def entitlements(self, *, fresh: bool) -> Flow[Entitlements]:
        entry = self.settings.cache.get(self.subject) if self.subject else None
        if entry and entry.fresh and not entry.spent_since and not fresh:
            return entry.entitlements
        headers = {"If-None-Match": entry.etag} if entry and entry.etag else {}
        answer = yield from self._get("entitlements/", headers)
        if answer.body is None and entry:
            now, etag = entry.entitlements, entry.etag
        else:
            now, etag = read(Entitlements.read, answer), answer.headers.get("etag")
        if self.subject:
            self.settings.cache.put(self.subject, now, etag)
        return now

    def balance(self) -> Flow[Balance]:
        return read(Balance.read, (yield from self._get("tokens/balance/")))

    def usage(self) -> Flow[Usage]:
        return read(Usage.read, (yield from self._get("usage/")))

    def require_feature(self, feature: str, on_unreachable: OnUnreachable) -> Flow[None]:
        def check(now: Entitlements) -> None:
            if not now.has(feature):
                raise FeatureNotInTier.of(feature)

        path = f"entitlements/features/{quote(feature, safe='')}/"
        yield from self._require(check, path, on_unreachable, f"the feature {feature}")

    def require_room(self, limit: str, have: int, on_unreachable: OnUnreachable) -> Flow[None]:
        def check(now: Entitlements) -> None:
            if not now.has_room(limit, have):
                raise LimitReached.of(limit, now.limits[limit], have)

        path = f"entitlements/limits/{quote(limit, safe='')}/?used={have}"
        yield from self._require(check, path, on_unreachable, f"the limit {limit}")

    def _require(
        self, check: Callable[[Entitlements], None], path: str, on_unreachable: OnUnreachable, what: str
    ) -> Flow[None]:
        """A kept yes counts as long as it is fresh. A kept no never does: the member may have upgraded since."""
        entry = self.settings.cache.get(self.subject) if self.subject else None
        if entry and entry.fresh:
            try:
                return check(entry.entitlements)
            except (FeatureNotInTier, LimitReached):
                pass
        try:
            now = yield from self.entitlements(fresh=True)
        except BillingUnreachable as error:
            if on_unreachable != "allow":
                raise
            logger.warning("let %s use %s unchecked: %s", self.subject or "a member", what, error)
            return None
        try:
            check(now)
        except (FeatureNotInTier, LimitReached) as refusal:
            yield from self._refuse(refusal, path, what)

    def _refuse(self, refusal: Refused, path: str, what: str) -> Flow[None]:
        """In billing's own words, which name what would help."""
        try:
            yield from self._get(path)
        except Refused:
            raise
        except BillingError as error:
            logger.warning("refused %s without billing's words for it: %s", what, error)
            raise refusal from None

    def consume(
        self,
        tokens: int,
        feature: str | None,
        model: str | None,
        idempotency_key: str | None,
        on_unreachable: OnUnreachable,
    ) -> Flow[Consumed]:
        at_least_one(tokens)
        key = idempotency_key or new_key()
        body = _without_none({"tokens": tokens, "feature": feature, "model": model})
        try:
            answer = yield from self._post("usage/consume/", body, key)
            consumed = read(lambda body: Consumed.read(body, answer.replayed, key), answer)
        except BillingUnreachable as error:
            if on_unreachable != "allow":
                raise
            event = Unrecorded("consume", self.subject, tokens, feature, model, None, key, str(error))
            yield from self.settings.report(event)
            return Consumed.unrecorded(key)
        self._spent()
        return consumed

    def authorize(
        self,
        tokens: int,
        feature: str | None,
        model: str | None,
        expires_in: int | None,
        idempotency_key: str | None,
    ) -> Flow[Hold]:
        at_least_one(tokens)
        body = _without_none({"tokens": tokens, "feature": feature, "model": model, "expires_in": expires_in})
        answer = yield from self._post("holds/", body, idempotency_key or new_key())
        hold = read(Hold.read, answer, "hold")
        if hold.status != "held":
            # Of an Idempotency-Key of the caller's: this request was done and paid before.
            raise HoldNotHeld.of((answer.body or {})["hold"])
        self._spent()
        return hold

    def capture(self, hold_id: str, tokens: int | None, idempotency_key: str | None) -> Flow[Hold]:
        if tokens is not None:
            at_least_one(tokens)
        path = f"holds/{quote(hold_id, safe='')}/capture/"
        answer = yield from self._post(path, _without_none({"tokens": tokens}), idempotency_key or new_key())
        self._spent()
        return read(Hold.read, answer, "hold")

    def void(self, hold_id: str) -> Flow[Hold]:
        answer = yield from self._post(f"holds/{quote(hold_id, safe='')}/void/", {}, new_key())
        self._spent()
        return read(Hold.read, answer, "hold")

    def record(self, event: Unrecorded) -> Flow[None]:
        if event.hold_id is not None:
            yield from self.capture(event.hold_id, event.tokens, event.idempotency_key)
        else:
            yield from self.consume(event.tokens or 1, event.feature, event.model, event.idempotency_key, "deny")

    def _get(self, path: str, headers: Mapping[str, str] | None = None) -> Flow[Answer]:
        all_headers = {**self.headers, **(headers or {})}
        request = Request("GET", self.settings.prefix + path, all_headers, own_token=not self.subject)
        return exchange(request, self.settings.patience, self.settings.breaker)

    def _post(self, path: str, body: Mapping[str, Any], key: str) -> Flow[Answer]:
        if not is_header(key) or len(key) > 255:
            raise ValueError(f"idempotency_key must be 1 to 255 printable ASCII characters, not {key!r}")
        headers = {**self.headers, "Content-Type": "application/json", "Idempotency-Key": key}
        sent = json.dumps(body).encode()
        request = Request("POST", self.settings.prefix + path, headers, sent, own_token=not self.subject)
        return exchange(request, self.settings.patience, self.settings.breaker)

    def _spent(self) -> None:
        if self.subject:
            self.settings.cache.spent(self.subject)


def new_key() -> str:
    return str(uuid.uuid4())


def is_header(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable() and text == text.strip()


def at_least_one(tokens: int) -> None:
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 1:
        raise ValueError(f"tokens must be a whole number of at least 1, not {tokens!r}")


def _without_none(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
