from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from allthrive_billing import Billing
from server import PROGRAM, FlakyProxy, Server

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    assert Path(PROGRAM).is_file(), "BILLING_PROGRAM must be the path of allthrive-billing"
    started = Server(tmp_path_factory.mktemp("billing"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def key(server: Server) -> str:
    return server.new_key()


@pytest.fixture
def billing(server: Server, key: str) -> Iterator[Billing]:
    with Billing(server.url, key) as client:
        yield client


@pytest.fixture
def proxy(server: Server) -> Iterator[FlakyProxy]:
    started = FlakyProxy(server.url)
    yield started
    started.close()


@pytest.fixture
def subject() -> str:
    """Somebody whom billing has never heard of: in the Free tier, without tokens."""
    return f"member-{next(_numbers)}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
