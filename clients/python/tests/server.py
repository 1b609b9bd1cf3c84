"""A running server of billing in sandbox mode, its members, and a proxy before it that loses answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

PROGRAM = os.environ.get("BILLING_PROGRAM", "")
ISSUER = "https://host.example"
#: Of catalog.toml: two tiers by three periods, and three packages.
PRICES = 9
_SECRET = "a secret of the host's that is only for tests"


def free_port() -> int:
    """Below 32768, where no system takes the ports of outgoing connections from."""
    for port in range(20000 + os.getpid() % 8000, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _taken:
                _taken.add(port)
                return port
    raise RuntimeError("no free port")


_taken: set[int] = set()


class Server:
    """`stop` and `start` again keep the data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listen = f"127.0.0.1:{free_port()}"
        self.sandbox = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.listen}"
        self.database = f"sqlite:{folder}/data/billing.db"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                [
                    *(PROGRAM, "serve", "--billing-listen", self.listen, "--sandbox-listen", self.sandbox),
                    *("--database-url", self.database, "--jwt-secret", _SECRET, "--jwt-issuer", ISSUER),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"RUST_LOG": "error", "PATH": os.environ["PATH"]},
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{self.url}/healthz").status_code == 200 and self._sells():
                    return
            except httpx.TransportError:
                pass
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "server.log").read_text())
            time.sleep(0.05)

    def _sells(self) -> bool:
        """The catalog is written to the sandbox right after the start."""
        headers = {"Authorization": "Bearer sk_test_sandbox"}
        prices = httpx.get(f"http://{self.sandbox}/v1/prices?limit=100", headers=headers).json()
        return len(prices.get("data", ())) >= PRICES

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            self._process = None

    def keys(self, *arguments: str) -> str:
        command = [PROGRAM, "keys", *arguments, "--database-url", self.database]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603

    def new_key(self, scopes: str = "usage") -> str:
        """For the subjects of `ISSUER`."""
        printed = self.keys("create", "backend", "--issuer", ISSUER, "--scopes", scopes)
        found = re.search(r"atb_\S+", printed)
        assert found, printed
        return found[0]

    def revoke_newest(self, key: str) -> None:
        """Until the server knows of it, which believes a key for a second."""
        found = re.search(r"key_\w+", self.keys("list"))
        assert found
        self.keys("revoke", found[0])
        headers = {"Authorization": f"Bearer {key}", "On-Behalf-Of": "nobody"}
        deadline = time.monotonic() + 30
        while httpx.get(f"{self.url}/api/v1/billing/entitlements/", headers=headers).status_code != 401:
            assert time.monotonic() < deadline, "the key still works"
            time.sleep(0.05)

    def advance(self, seconds: int) -> None:
        """The business clock of the sandbox and of the server."""
        answer = httpx.post(f"http://{self.sandbox}/_sandbox/clock/advance", json={"seconds": seconds}, timeout=30)
        answer.raise_for_status()

    def buy_tokens(self, subject: str) -> None:
        """100,000 of them."""
        self._post(subject, "tokens/purchase/", {"package_slug": "starter", "payment_method_id": "pm_card_visa"})

    def subscribe(self, subject: str, tier: str) -> None:
        body = {"tier_slug": tier, "billing_period": "monthly", "payment_method_id": "pm_card_visa"}
        self._post(subject, "subscribe/", body)

    def _post(self, subject: str, path: str, body: Mapping[str, str]) -> None:
        headers = {"Authorization": f"Bearer {token_of(subject)}"}
        answer = httpx.post(f"{self.url}/api/v1/billing/{path}", json=body, headers=headers, timeout=30)
        assert answer.status_code == 201, answer.text


def token_of(subject: str, lives: int = 3600) -> str:
    """As the host application issues it to a member; for so many seconds."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    now = int(time.time())
    claims = {"iss": ISSUER, "sub": subject, "email": f"{subject}@members.example", "iat": now, "exp": now + lives}
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    mac = hmac.new(_SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


class FlakyProxy:
    """Stands before the server. `faults` says what becomes of the next requests; without one they pass.

    `before`: lost on the way there. `after`: done, and the answer is lost. `stall`: no answer.
    `late`: done, and the answer comes after a second. A number: answered with this status by the proxy itself.
    """

    def __init__(self, target: str) -> None:
        self.faults: list[str | int] = []
        self.retry_after: str | None = None
        #: Of the proxy's own answers.
        self.page: tuple[str, str] = ("text/html", "<h1>not billing</h1>")
        #: Gives answers an ETag, as the server's own or a proxy's, and 304 to who has them.
        self.etags = False
        #: Path and headers of every request, in lower case.
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.released = threading.Event()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._pass_on()

            def do_POST(self) -> None:
                self._pass_on()

            def log_message(self, *_: object) -> None:
                pass

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                proxy.seen.append((self.path, headers))
                fault = proxy.faults.pop(0) if proxy.faults else None
                if fault == "stall":
                    proxy.released.wait(30)
                if fault in ("before", "stall"):
                    self.close_connection = True
                    return
                if isinstance(fault, int):
                    self._answer(fault, {"content-type": proxy.page[0]}, proxy.page[1].encode())
                    return
                headers.pop("host", None)
                answer = httpx.request(self.command, target + self.path, headers=headers, content=body, timeout=30)
                if fault == "after":
                    self.close_connection = True
                    return
                if fault == "late":
                    time.sleep(1)
                if proxy.etags:
                    etag = f'"{hashlib.sha256(answer.content).hexdigest()}"'
                    if headers.get("if-none-match") == etag:
                        self._answer(304, {"etag": etag}, b"")
                        return
                    answer.headers["etag"] = etag
                self._answer(answer.status_code, dict(answer.headers), answer.content)

            def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "date", "connection"):
                        self.send_header(name, value)
                if proxy.retry_after is not None and status >= 400:
                    self.send_header("Retry-After", proxy.retry_after)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def keys_of(self, path: str) -> list[str]:
        """The Idempotency-Keys of the requests to a path."""
        return [headers["idempotency-key"] for seen, headers in self.seen if seen.endswith(path)]

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
