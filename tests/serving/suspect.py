"""A server that is treated badly: what it holds before and after, and raw bytes to it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tests.ports import free_port
from tests.serving.gate import added, samples
from tests.serving.process import READY_S, Server, serving, settings, wait_for

ROW = {"age": 45, "income": 2.5, "plan": "basic", "active": True, "since": "2024-01-05"}
V1 = "/v1/models/churn:predict"
V2 = "/v2/models/churn/infer"
POOLS = 12
"""Threads that come with the first large requests, and stay."""


@dataclass(frozen=True)
class Suspect:
    """A server on TCP ports of its own."""

    server: Server
    http: int
    grpc: int

    def connect(self) -> socket.socket:
        """A new connection for HTTP."""
        return socket.create_connection(("127.0.0.1", self.http), READY_S)

    def told(self, *parts: bytes, hang_up: bool = True) -> bytes:
        """What the server says to these bytes, and until it has closed the connection.

        Args:
            parts: Sent one after the other.
            hang_up: Whether nothing more is sent once there is an answer.
        """
        with self.connect() as raw, suppress(ConnectionError):
            for part in parts:
                raw.sendall(part)
            return _until_closed(raw, hang_up=hang_up)
        return b""

    def metric(self, name: str, **labels: str) -> float:
        return added(samples(self.server), name, labels)

    def answers(self) -> None:
        """It still does what it is there for."""
        answer = self.server.v1([ROW])
        assert (answer.status_code, answer.json()) == (200, {"predictions": [1]})

    def peak_mib(self) -> float:
        """The most memory that has been resident since the last `forget_peak`; what is now, but for Linux."""
        status = Path(f"/proc/{self.server.process.pid}/status")
        if not status.exists():
            return float(psutil.Process(self.server.process.pid).memory_info().rss) / 2**20
        (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024

    def forget_peak(self) -> float:
        """Count the peak from now on; the memory in MiB that it begins with."""
        with suppress(OSError):  # not Linux, or not allowed: the peak so far is as good, if less strict
            Path(f"/proc/{self.server.process.pid}/clear_refs").write_text("5")
        return self.peak_mib()


@contextmanager
def suspect(model: Path, **fields: Any) -> Iterator[Suspect]:
    """A server that afterwards still answers, has nothing open, and whose log has no traceback."""
    listen = {"host": "127.0.0.1", "http": free_port(), "grpc": free_port()}
    with TemporaryDirectory(prefix="srv") as name:
        content = settings(model, Path(name), listen=listen, **fields)
        with serving(content, Path(name)) as server:
            mistreated = Suspect(server, content["listen"]["http"], content["listen"]["grpc"])
            process = psutil.Process(server.process.pid)
            fds, threads = process.num_fds(), process.num_threads()
            yield mistreated
            wait_for(lambda: mistreated.metric("platformctl_in_flight") == 0)
            wait_for(lambda: process.num_fds() <= fds)
            assert process.num_threads() <= threads + POOLS
            assert mistreated.metric("platformctl_requests_total", code="500") == 0
            assert mistreated.metric("platformctl_requests_total", code="INTERNAL") == 0
            log = server.log.read_text()
            assert "Traceback" not in log, log


def _until_closed(raw: socket.socket, *, hang_up: bool) -> bytes:
    answer = raw.recv(65536)
    if hang_up:
        raw.shutdown(socket.SHUT_WR)
    while more := raw.recv(65536):
        answer += more
    return answer
