"""A real Envoy in front of tiny servers on unix sockets."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformctl.adapters.envoy.admin import Admin
from platformctl.adapters.envoy.counters import EnvoyCounters
from platformctl.adapters.envoy.router import Router
from platformctl.adapters.envoy.table import Backend, Deployment, Table
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.route import Route
from tests.ports import free_port

PREDICT = "/v1/models/churn:predict"
CHURN = Name("churn")
V1 = RevisionId("churn-v1-aaaaaa")
V2 = RevisionId("churn-v2-bbbbbb")
V3 = RevisionId("churn-v3-cccccc")

TIMEOUT_SECONDS = 2.0
"""After which the router gives a request up: a test of it should not take a minute."""

_SERVER = Path(__file__).with_name("tiny_server.py")


@dataclass(frozen=True)
class Reply:
    """An answer of the router; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def revision(self) -> str | None:
        return self.headers.get("x-platformctl-revision")

    @property
    def error(self) -> str:
        """The sentence in `{"error": …}`."""
        return str(json.loads(self.body)["error"])


class World:
    """One router, its Envoy, and the servers that it sends requests to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.admin = folder / "admin.sock"
        self.router = Router(folder / "envoy", self.admin, self.port, request_timeout=TIMEOUT_SECONDS)
        self.counters = EnvoyCounters(self.admin)
        self.generation = 0
        self.envoy: subprocess.Popen[bytes] | None = None
        self._servers: dict[Path, subprocess.Popen[bytes]] = {}

    def start(self, *deployments: Deployment) -> None:
        """Write a table, and run an Envoy that serves it."""
        self.router.write(self.table(*deployments))
        self.run_envoy()

    def run_envoy(self) -> None:
        """Run an Envoy on the files that are there."""
        self.envoy = subprocess.Popen(self.router.command())
        eventually(lambda: self.router.served() == self.generation)

    def run_to_its_end(self) -> subprocess.CompletedProcess[bytes]:
        """Run an Envoy that is expected to give up."""
        return subprocess.run(self.router.command(), capture_output=True, timeout=20, check=False)

    def publish(self, *deployments: Deployment, timeout: float = 10.0) -> None:
        self.router.publish(self.table(*deployments), timeout)

    def table(self, *deployments: Deployment) -> Table:
        self.generation += 1
        return Table(self.generation, deployments)

    def backend(self, revision: RevisionId, replicas: int = 1) -> Backend:
        """A revision whose replicas run."""
        sockets = tuple(self.folder / f"{revision}.{index}" for index in range(replicas))
        for path in sockets:
            if path not in self._servers:
                self._servers[path] = _server(path)
        return Backend(revision, sockets)

    def kill(self, path: Path) -> None:
        """Kill -9 one replica; its socket's file stays, as in life."""
        _end(self._servers.pop(path))

    def pause_envoy(self) -> None:
        """As a machine that is out of memory or a debugger would: it is there and does not answer."""
        assert self.envoy
        self.envoy.send_signal(signal.SIGSTOP)
        os.waitpid(self.envoy.pid, os.WUNTRACED)  # until it has stopped

    def kill_envoy(self) -> None:
        assert self.envoy
        _end(self.envoy)

    def stats(self, pattern: str) -> Mapping[str, int]:
        """Envoy's counters and gauges whose names match."""
        return Admin(self.admin).values(pattern)

    def ask(
        self,
        path: str = PREDICT,
        *,
        do: str = "200",
        revision: str | None = None,
        body: bytes = b"{}",
        timeout: float = 10.0,
    ) -> Reply:
        """One POST through the router, on a connection of its own."""
        headers = {"x-do": do, **({"x-platformctl-revision": revision} if revision else {})}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            given = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, given, answer.read())
        finally:
            connection.close()

    def close(self) -> None:
        for process in [*self._servers.values(), *([self.envoy] if self.envoy else [])]:
            _end(process)


@contextlib.contextmanager
def world_in(folder: Path) -> Iterator[World]:
    """A world in `folder`; all of its processes end with it."""
    one = World(folder)
    try:
        yield one
    finally:
        one.close()


def churn(*backends: Backend, **shares: int) -> Deployment:
    """The deployment `churn`; shares by version: `v1=90, v2=10`."""
    named = {backend.revision.split("-")[1]: backend.revision for backend in backends}
    return Deployment(CHURN, Route(weights={named[v]: share for v, share in shares.items()}), backends)


def eventually(condition: Callable[[], object], timeout: float = 15.0) -> Any:  # as the condition
    """Wait until a condition holds; return what it was."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.01)
    return value


def _server(path: Path) -> subprocess.Popen[bytes]:
    path.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, "-S", "-E", str(_SERVER), str(path)], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"listening\n"
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout:
        process.stdout.close()
