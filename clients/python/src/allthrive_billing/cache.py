"""The newest entitlements of each member, for reading only: nothing is admitted by them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from .answers import Entitlements


@dataclass(frozen=True)
class Entry:
    entitlements: Entitlements
    etag: str | None
    #: By the monotonic clock.
    fresh_until: float
    #: What was used since then is not in its allowance.
    spent_since: bool = False

    @property
    def fresh(self) -> bool:
        return time.monotonic() < self.fresh_until


class EntitlementsCache:
    """For so many seconds, or until `valid_until`, if that is sooner; at most `size` members."""

    def __init__(self, seconds: float, size: int = 10_000) -> None:
        self._seconds = seconds
        self._size = size
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, subject: str) -> Entry | None:
        with self._lock:
            return self._entries.get(subject)

    def put(self, subject: str, entitlements: Entitlements, etag: str | None) -> None:
        seconds = self._seconds
        if entitlements.valid_until is not None:
            seconds = min(seconds, (entitlements.valid_until - datetime.now(timezone.utc)).total_seconds())
        with self._lock:
            self._entries[subject] = Entry(entitlements, etag, time.monotonic() + seconds)
            self._entries.move_to_end(subject)
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)

    def spent(self, subject: str) -> None:
        """The member has used something: the features still hold, the allowance does not."""
        with self._lock:
            entry = self._entries.get(subject)
            if entry is not None:
                self._entries[subject] = replace(entry, spent_since=True)
