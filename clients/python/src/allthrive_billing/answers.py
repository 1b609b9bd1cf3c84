"""What billing answers, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Source = Literal["allowance", "tokens"]
HoldStatus = Literal["held", "captured", "voided", "expired"]


def instant(text: str) -> datetime:
    """RFC 3339 in UTC. Python 3.10 does not read the `Z`."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _int_or_none(value: Any) -> int | None:
    return None if value is None else int(value)


def _instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


@dataclass(frozen=True)
class Allowance:
    """How many AI requests the tier gives in a window, and what is left of them."""

    limit: int
    used: int
    remaining: int
    #: `day`, `month`, `billing_period` or `lifetime`; in UTC.
    window: str
    #: None for a window that never ends.
    resets_at: datetime | None

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Allowance:
        return cls(
            limit=int(body["limit"]),
            used=int(body["used"]),
            remaining=int(body["remaining"]),
            window=str(body["window"]),
            resets_at=_instant_or_none(body.get("resets_at")),
        )


@dataclass(frozen=True)
class Spendable:
    """The tokens that there are beside the allowance."""

    available: int
    #: Reserved by holds.
    held: int

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Spendable:
        return cls(available=int(body["available"]), held=int(body["held"]))


@dataclass(frozen=True)
class Balance(Spendable):
    """The whole token balance."""

    account_id: str
    spent: int
    #: Less what was refunded.
    purchased: int
    #: Refunded after it was spent; the next purchase pays it first.
    debt: int

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Balance:
        return cls(
            account_id=str(body["account_id"]),
            available=int(body["available"]),
            held=int(body["held"]),
            spent=int(body["spent"]),
            purchased=int(body["purchased"]),
            debt=int(body["debt"]),
        )


@dataclass(frozen=True)
class AiLimits:
    """How the tier limits AI requests, beside how many it gives."""

    #: None: unlimited.
    requests_per_minute: int | None
    #: Requests that may run at the same time. None: unlimited.
    concurrent: int | None
    #: Names of the models that may be asked; the built-in ones always may. None: all.
    models: frozenset[str] | None
    #: In tokens: the largest request that one of the allowance covers. A larger one is paid with tokens entirely.
    largest_request: int

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> AiLimits:
        models = body.get("models")
        return cls(
            requests_per_minute=_int_or_none(body.get("requests_per_minute")),
            concurrent=_int_or_none(body.get("concurrent")),
            models=None if models is None else frozenset(map(str, models)),
            largest_request=int(body["largest_request"]),
        )


@dataclass(frozen=True)
class Entitlements:
    """Everything that a member may do now."""

    tier_slug: str
    features: frozenset[str]
    #: None: unlimited.
    limits: Mapping[str, int | None]
    ai_requests: Allowance
    #: None from a server that does not tell it here.
    ai_limits: AiLimits | None
    #: None from a server that does not tell it here.
    balance: Spendable | None
    #: Until then this holds unless something happens; None when only an event can change it.
    valid_until: datetime | None
    #: The answer as it came, with what newer servers add.
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Entitlements:
        return cls(
            tier_slug=str(body["tier_slug"]),
            features=frozenset(map(str, body["features"])),
            limits={str(k): _int_or_none(v) for k, v in body["limits"].items()},
            ai_requests=Allowance.read(body["ai_requests"]),
            ai_limits=AiLimits.read(body["ai_limits"]) if "ai_limits" in body else None,
            balance=Spendable.read(body["balance"]) if "balance" in body else None,
            valid_until=_instant_or_none(body.get("valid_until")),
            raw=body,
        )

    def has(self, feature: str) -> bool:
        return feature in self.features

    def has_room(self, limit: str, have: int) -> bool:
        """Whether one more fits under the limit, for who has `have` of them. A limit that nobody set is a KeyError."""
        most = self.limits[limit]
        return most is None or have < most


@dataclass(frozen=True)
class Totals:
    ai_requests: int
    tokens: int

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Totals:
        return cls(ai_requests=int(body["ai_requests"]), tokens=int(body["tokens"]))


@dataclass(frozen=True)
class Day(Totals):
    date: date

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Day:
        return cls(
            ai_requests=int(body["ai_requests"]),
            tokens=int(body["tokens"]),
            date=date.fromisoformat(body["date"]),
        )


@dataclass(frozen=True)
class UsedFor(Totals):
    """What one feature has used, by one AI model."""

    feature: str
    #: None where nobody has named one.
    model: str | None

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> UsedFor:
        return cls(
            ai_requests=int(body["ai_requests"]),
            tokens=int(body["tokens"]),
            feature=str(body["feature"]),
            model=body.get("model"),
        )


@dataclass(frozen=True)
class Usage:
    """What was used, and when the tokens run out if it goes on like this."""

    today: Totals
    #: This calendar month, in UTC.
    month: Totals
    allowance: Allowance
    #: Thirty days, oldest first.
    days: tuple[Day, ...]
    #: Those thirty days, those with the most requests first; empty from a server that does not tell it.
    used_for: tuple[UsedFor, ...]
    #: From the average of the last seven days.
    tokens_per_day: int
    #: None while no tokens are used.
    runs_out_on: date | None
    #: The answer as it came, with what newer servers add.
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Usage:
        projection = body["projection"]
        runs_out_on = projection.get("runs_out_on")
        return cls(
            today=Totals.read(body["today"]),
            month=Totals.read(body["month"]),
            allowance=Allowance.read(body["allowance"]),
            days=tuple(Day.read(day) for day in body["days"]),
            used_for=tuple(UsedFor.read(used) for used in body.get("used_for", ())),
            tokens_per_day=int(projection["tokens_per_day"]),
            runs_out_on=None if runs_out_on is None else date.fromisoformat(runs_out_on),
            raw=body,
        )


@dataclass(frozen=True)
class Consumed:
    """An AI request was admitted."""

    #: False only where `on_unreachable="allow"` let it pass: then nobody has paid, and the other fields are empty.
    recorded: bool
    source: Source | None
    #: Taken from the balance; 0 when the allowance paid.
    tokens: int
    allowance: Allowance | None
    balance: Spendable | None
    #: It was recorded before, under the same Idempotency-Key, and was not paid again.
    replayed: bool
    idempotency_key: str

    @classmethod
    def read(cls, body: Mapping[str, Any], replayed: bool, idempotency_key: str) -> Consumed:
        return cls(
            recorded=True,
            source=_source(body["source"]),
            tokens=int(body["tokens"]),
            allowance=Allowance.read(body["allowance"]),
            balance=Spendable.read(body["balance"]),
            replayed=replayed,
            idempotency_key=idempotency_key,
        )

    @classmethod
    def unrecorded(cls, idempotency_key: str) -> Consumed:
        return cls(
            recorded=False,
            source=None,
            tokens=0,
            allowance=None,
            balance=None,
            replayed=False,
            idempotency_key=idempotency_key,
        )


@dataclass(frozen=True)
class Hold:
    """Tokens, or one unit of the allowance, that are set aside for a request."""

    id: str
    status: HoldStatus
    #: The estimate.
    tokens: int
    #: Who pays.
    source: Source
    #: From then on it is not held any more.
    expires_at: datetime
    #: Of a captured one: the tokens that the request has used.
    used: int | None
    #: Of a captured one: the tokens that were taken from the balance.
    paid: int | None
    #: Nobody has said what was used, so the estimate counts.
    estimated: bool
    #: It had expired when it was captured, and was paid from what there was by then.
    late: bool

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Hold:
        used, paid = body.get("used"), body.get("paid")
        return cls(
            id=str(body["id"]),
            status=_status(body["status"]),
            tokens=int(body["tokens"]),
            source=_source(body["source"]),
            expires_at=instant(body["expires_at"]),
            used=None if used is None else int(used),
            paid=None if paid is None else int(paid),
            estimated=bool(body["estimated"]),
            late=bool(body["late"]),
        )


def _source(word: object) -> Source:
    if word == "allowance":
        return "allowance"
    if word == "tokens":
        return "tokens"
    raise ValueError(f"no source: {word!r}")


def _status(word: object) -> HoldStatus:
    for status in ("held", "captured", "voided", "expired"):
        if word == status:
            return status
    raise ValueError(f"no status of a hold: {word!r}")
