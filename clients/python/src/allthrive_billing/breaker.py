"""Leaves billing alone for a while after it could not be reached again and again."""

from __future__ import annotations

import threading
import time

#: As many requests in a row, each with all of its attempts.
_FAILURES = 5
_SECONDS = 5.0


class Breaker:
    def __init__(self) -> None:
        self._failures = 0
        self._closed_from = 0.0
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Seconds until a request may be sent; 0 for this one. After the pause one tries, and the others wait on."""
        with self._lock:
            left = self._closed_from - time.monotonic()
            if self._failures < _FAILURES:
                return 0.0
            if left > 0:
                return left
            self._closed_from = time.monotonic() + _SECONDS
            return 0.0

    def reached(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= _FAILURES:
                self._closed_from = time.monotonic() + _SECONDS
