"""Sends attempts with httpx, blocking or not."""

from __future__ import annotations

import inspect
import os
import threading
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import TypeVar

import anyio
import httpx

from .exchange import Attempt, Call, Flow, NoReply, NotSent, Outcome, Reply

T = TypeVar("T")

_HEADERS = {
    "User-Agent": f"allthrive-billing-python/{version('allthrive-billing')}",
    "Accept": "application/json",
}


class _Left(Mapping[str, float]):
    """The time limits of one attempt for httpx, in seconds. Each is what is left when it is looked up.

    It looks one up for each thing that it waits for: a connection of its pool, connecting, sending, the head of the
    answer, and its body. With numbers, each of them could take the whole time.
    """

    def __init__(self, seconds: float, connect: float) -> None:
        self._until = time.monotonic() + seconds
        self._most = {"pool": seconds, "connect": connect, "write": seconds, "read": seconds}

    def __getitem__(self, wait: str) -> float:
        # Never 0, by which a socket would not wait at all.
        return max(min(self._most[wait], self._until - time.monotonic()), 0.001)

    def __iter__(self) -> Iterator[str]:
        return iter(self._most)

    def __len__(self) -> int:
        return len(self._most)


class _Connections:
    def __init__(self, connect_timeout: float, most: int) -> None:
        self._connect_timeout = connect_timeout
        self._limits = httpx.Limits(max_connections=most, max_keepalive_connections=most)


class Blocking(_Connections):
    def __init__(self, connect_timeout: float, most: int) -> None:
        super().__init__(connect_timeout, most)
        self._lock = threading.Lock()
        self._connect()

    def run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Attempt):
                    step = flow.send(self._do(step))
                    continue
                try:
                    self._call(step)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = next(flow)
        except StopIteration as done:
            result: T = done.value
            return result

    @staticmethod
    def _call(call: Call) -> None:
        given = call.function()
        if inspect.iscoroutine(given):
            given.close()
            raise TypeError("it gave a coroutine, which only AsyncBilling awaits")

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
                extensions={"timeout": _Left(attempt.timeout, self._connect_timeout)},
            ) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    # Each part of the body may take as long as there was at its beginning.
                    if time.monotonic() > until:
                        raise httpx.ReadTimeout("the answer comes too slowly")
                return Reply(response.status_code, response.headers, bytes(body))
        except httpx.PoolTimeout as error:
            return NotSent(error)
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
            step = next(flow)
            while True:
                if isinstance(step, Attempt):
                    step = flow.send(await self._do(step))
                    continue
                try:
                    await self._call(step)
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = next(flow)
        except StopIteration as done:
            result: T = done.value
            return result

    @staticmethod
    async def _call(call: Call) -> None:
        given = call.function()
        if inspect.isawaitable(given):
            await given

    async def _do(self, attempt: Attempt) -> Outcome:
        if attempt.delay:
            await anyio.sleep(attempt.delay)
        request = attempt.request
        connected = False

        async def connects(*_: object) -> None:
            nonlocal connected
            connected = True

        try:
            with anyio.fail_after(attempt.timeout):
                response = await self._client.request(
                    request.method,
                    request.path,
                    headers=dict(request.headers),
                    content=request.body,
                    timeout=httpx.Timeout(None, connect=self._connect_timeout),
                    # Whatever it tells of is done with a connection.
                    extensions={"trace": connects},
                )
                return Reply(response.status_code, response.headers, response.content)
        except TimeoutError as error:
            return NoReply(error) if connected else NotSent(error)
        except httpx.RequestError as error:
            return NoReply(error)

    async def close(self) -> None:
        await self._client.aclose()
