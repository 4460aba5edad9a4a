"""Model servers as their /metrics shows them: tiny real HTTP servers in this process."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from platformctl.domain.names import RevisionId

_AFTER = 1000.0
"""Seconds from one life of a server to the next; nobody waits for them."""


@dataclass
class Exposed:
    """One server, and how it fares.

    Args:
        revision: Which it is a server of.
        pod: Its name.
        address: Host and port.
        began: When its process began, in seconds since 1970.
        page: What it answers, whatever it has counted; None: its figures.
        status: With which status.
        stamp: A time in milliseconds beside each figure; None: none.
        awake: Whether it answers at all.
    """

    revision: RevisionId
    pod: str
    address: str = ""
    began: float = field(default_factory=time.time)
    page: bytes | None = None
    status: int = 200
    stamp: int | None = None
    answers: Counter[str] = field(default_factory=Counter)
    slow: int = 0
    awake: threading.Event = field(default_factory=threading.Event)

    def answer(self, code: str, times: int = 1, slow: int = 0) -> None:
        """Count so many answers, of which so many took more than 100 ms."""
        self.answers[code] += times
        self.slow += slow

    def restart(self) -> None:
        self.answers.clear()
        self.slow, self.began = 0, self.began + _AFTER

    def text(self) -> bytes:
        labels = f'model="churn",revision="{self.revision}"'
        took, total = f'{labels},protocol="v1"', self.answers.total()
        lines = [
            f"platformctl_in_flight{{{labels}}} 0",
            f"process_start_time_seconds {self.began!r}",
            *(f'platformctl_requests_total{{{took},code="{code}"}} {n}' for code, n in self.answers.items()),
        ]
        if total:
            buckets = {"0.1": total - self.slow, "+Inf": total}
            lines += [
                f'platformctl_request_seconds_bucket{{{took},le="{le}"}} {n}' for le, n in buckets.items()
            ]
        behind = "" if self.stamp is None else f" {self.stamp}"
        return "".join(f"{line}{behind}\n" for line in lines).encode()


@contextmanager
def exposing(servers: Sequence[Exposed]) -> Iterator[None]:
    """Let them answer, each at an address of its own."""
    running = [_serving(one) for one in servers]
    threads = [threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}) for one in running]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for one in servers:
            one.awake.set()
        for server in running:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def _serving(exposed: Exposed) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            exposed.awake.wait()
            body = exposed.text() if exposed.page is None else exposed.page
            self.send_response(exposed.status)
            self.send_header("content-type", "text/plain; version=0.0.4")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked has given it up
                super().handle()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    exposed.address = f"127.0.0.1:{server.server_address[1]}"
    exposed.awake.set()
    return server
