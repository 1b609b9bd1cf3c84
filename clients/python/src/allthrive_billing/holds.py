"""A request under a hold: what it has used is captured when the block ends."""

from __future__ import annotations

from .answers import Hold
from .errors import BillingError, BillingUnreachable
from .exchange import Flow
from .flows import Flows, OnUnreachable, Unrecorded, at_least_one, logger, new_key


class HeldRequest:
    """What `with member.hold(...) as held` gives; that block opens and closes it."""

    def __init__(
        self,
        flows: Flows,
        tokens: int,
        feature: str | None,
        model: str | None,
        expires_in: int | None,
        idempotency_key: str | None,
        on_unreachable: OnUnreachable,
    ) -> None:
        at_least_one(tokens)
        self._flows = flows
        self._tokens = tokens
        self._feature = feature
        self._model = model
        self._expires_in = expires_in
        self._key = idempotency_key
        self._on_unreachable = on_unreachable
        self._used: int | None = None
        #: As billing has last answered it. None before the block, and where billing could not be reached and
        #: `on_unreachable="allow"` let the request pass.
        self.hold: Hold | None = None

    @property
    def recorded(self) -> bool:
        """False where billing does not know of this request."""
        return self.hold is not None

    def used(self, tokens: int) -> None:
        """So many tokens were used until now; the last word counts. 0: nothing, and nothing is paid."""
        if tokens != 0:
            at_least_one(tokens)
        self._used = tokens

    def open(self) -> Flow[None]:
        try:
            self.hold = yield from self._flows.authorize(
                self._tokens, self._feature, self._model, self._expires_in, self._key
            )
        except BillingUnreachable as error:
            if self._on_unreachable != "allow":
                raise
            logger.warning("let %s pass without a hold: %s", self._flows.subject, error)
            self._unreached = error

    def close(self, *, failed: bool) -> Flow[None]:
        """What was used is paid, whether the block failed after it or not. Never an error: the work is done."""
        nothing_used = self._used == 0 or (failed and self._used is None)
        if self.hold is None:
            if not nothing_used:
                # A task that is run again under its key is reported again under it, and recorded once.
                key = self._key or new_key()
                yield from self._report(None, self._used or self._tokens, key, self._unreached)
        elif nothing_used:
            try:
                self.hold = yield from self._flows.void(self.hold.id)
            except BillingError as error:
                logger.warning("%s could not be voided and is given back when it expires: %s", self.hold.id, error)
        else:
            key = new_key()
            try:
                self.hold = yield from self._flows.capture(self.hold.id, self._used, key)
            except BillingError as error:
                yield from self._report(self.hold.id, self._used, key, error)

    def _report(self, hold_id: str | None, tokens: int | None, key: str, cause: BillingError) -> Flow[None]:
        event = Unrecorded(
            kind="consume" if hold_id is None else "capture",
            subject=self._flows.subject,
            tokens=tokens,
            feature=self._feature,
            model=self._model,
            hold_id=hold_id,
            idempotency_key=key,
            cause=str(cause),
        )
        yield from self._flows.settings.report(event)
