"""Sends attempts with httpx, blocking or not."""

from __future__ import annotations

import os
import threading
import time
from importlib.metadata import version
from typing import TypeVar

import anyio
import httpx

from .exchange import Attempt, Flow, NoReply, Outcome, Reply

T = TypeVar("T")

_HEADERS = {
    "User-Agent": f"allthrive-billing-python/{version('allthrive-billing')}",
    "Accept": "application/json",
}


class _Connections:
    def __init__(self, connect_timeout: float, most: int) -> None:
        self._connect_timeout = connect_timeout
        self._limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)

    def _timeout(self, attempt: Attempt) -> httpx.Timeout:
        return httpx.Timeout(attempt.timeout, connect=min(self._connect_timeout, attempt.timeout))


class Blocking(_Connections):
    def __init__(self, connect_timeout: float, most: int) -> None:
        super().__init__(connect_timeout, most)
        self._lock = threading.Lock()
        self._connect()

    def run(self, flow: Flow[T]) -> T:
        try:
            attempt = next(flow)
            while True:
                attempt = flow.send(self._do(attempt))
        except StopIteration as done:
            result: T = done.value
            return result

    def _do(self, attempt: Attempt) -> Outcome:
        if attempt.delay:
            time.sleep(attempt.delay)
        until = time.monotonic() + attempt.timeout
        request = attempt.request
        try:
            with self._connected().stream(
                request.method,
                request.path,
                headers=dict(request.headers),
                content=request.body,
                timeout=self._timeout(attempt),
            ) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    # The time limits of httpx are for each part; this one is for all of them.
                    if time.monotonic() > until:
                        raise httpx.ReadTimeout("the answer comes too slowly")
                return Reply(response.status_code, response.headers, bytes(body))
        except httpx.RequestError as error:
            return NoReply(error)

    def _connect(self) -> None:
        self._client = httpx.Client(headers=_HEADERS, limits=self._limits)
        self._pid = os.getpid()

    def _connected(self) -> httpx.Client:
        """A child process must not send on the connections of its parent."""
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._connect()
        return self._client

    def close(self) -> None:
        if self._pid == os.getpid():
            self._client.close()


class Async(_Connections):
    def __init__(self, connect_timeout: float, most: int) -> None:
        super().__init__(connect_timeout, most)
        self._client = httpx.AsyncClient(headers=_HEADERS, limits=self._limits)

    async def run(self, flow: Flow[T]) -> T:
        try:
            attempt = next(flow)
            while True:
                attempt = flow.send(await self._do(attempt))
        except StopIteration as done:
            result: T = done.value
            return result

    async def _do(self, attempt: Attempt) -> Outcome:
        if attempt.delay:
            await anyio.sleep(attempt.delay)
        request = attempt.request
        try:
            with anyio.fail_after(attempt.timeout):
                response = await self._client.request(
                    request.method,
                    request.path,
                    headers=dict(request.headers),
                    content=request.body,
                    timeout=self._timeout(attempt),
                )
                return Reply(response.status_code, response.headers, response.content)
        except (httpx.RequestError, TimeoutError) as error:
            return NoReply(error)

    async def close(self) -> None:
        await self._client.aclose()
