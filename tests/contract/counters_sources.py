"""Every implementation of `Counters`, and the means to bring about what it promises to cope with.

The pods' servers, and the API server through which they are asked, are small ones of these tests; what asks
them is ours. On a real cluster tests/cluster_traffic does.
"""

import json
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.traffic.counters import ClusterCounters
from platformctl.adapters.envoy.admin import Admin
from platformctl.adapters.envoy.counters import EnvoyCounters
from platformctl.domain.counts import Counts
from platformctl.domain.manifests import REVISION
from platformctl.domain.names import RevisionId
from platformctl.ports import Counters
from tests.cluster_target.kubeconfigs import one, written
from tests.contract.counters_harness import CANARY, STABLE
from tests.fakes import FakeCounters, FakeWorld
from tests.ports import free_port
from tests.prometheus.exposed import Exposed, exposing
from tests.prometheus.real import real_prometheus
from tests.router.world import World, churn, eventually, world_in

_BOTH = (STABLE.id, CANARY.id)
_SLOW_MS = 100.0


@dataclass
class FakeSource:
    """What use cases are tested with. It is down, however that came to be."""

    world: FakeWorld = field(default_factory=FakeWorld)

    @property
    def counters(self) -> Counters:
        return FakeCounters(self.world)

    def answer(self, who: RevisionId, *statuses: int) -> None:
        known = self.world.counts.get(who, Counts())
        total = known.requests + len(statuses)
        self.world.counts[who] = Counts(
            requests=total,
            errors=known.errors + statuses.count(500),
            rejected=known.rejected + statuses.count(400),
            latency={_SLOW_MS: total, float("inf"): total},
        )

    def settle(self) -> None: ...

    def restart(self) -> None:
        self.world.counts.clear()

    @contextmanager
    def down(self) -> Iterator[None]:
        self.world.counters_are_down = True
        yield
        self.world.counters_are_down = False

    hanging = garbled = down

    @contextmanager
    def lying(self) -> Iterator[None]:
        before = self.world.counts[CANARY.id]
        self.world.counts[CANARY.id] = replace(before, requests=before.requests + 4, errors=before.errors + 9)
        yield
        self.world.counts[CANARY.id] = before


@contextmanager
def fake_source(_: Path) -> Iterator[FakeSource]:
    yield FakeSource()


@dataclass
class EnvoySource:
    """A real Envoy; for what a real one never says, a socket in its place."""

    world: World
    counters: EnvoyCounters

    def answer(self, who: RevisionId, *statuses: int) -> None:
        for status in statuses:
            assert self.world.ask(do=str(status), revision=who).status == status

    def settle(self) -> None: ...

    def restart(self) -> None:
        eventually(lambda: Admin(self.world.admin).uptime() >= 2, timeout=30)
        self.world.kill_envoy()
        self.world.run_envoy()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        self.world.pause_envoy()
        yield
        assert self.world.envoy
        self.world.envoy.send_signal(signal.SIGCONT)

    def down(self) -> Any:
        return self._elsewhere(self.world.folder / "nobody")

    def garbled(self) -> Any:
        return self._saying({"stats": [{"value": 3}]})

    def lying(self) -> Any:
        name, stats = f"cluster.{CANARY.id}.upstream_rq", Admin(self.world.admin).stats("^cluster[.]")
        more = {f"{name}_completed": 4, f"{name}_5xx": 9}
        said = [
            {**stat, "value": stat["value"] + more.get(stat["name"], 0)} if "value" in stat else stat
            for stat in stats
        ]
        return self._saying({"stats": said})

    @contextmanager
    def _elsewhere(self, admin: Path) -> Iterator[None]:
        before, self.counters = self.counters, EnvoyCounters(admin)
        yield
        self.counters = before

    @contextmanager
    def _saying(self, stats: Mapping[str, Any]) -> Iterator[None]:
        uptime = Admin(self.world.admin).uptime()
        pages = {"/server_info": {"uptime_all_epochs": f"{uptime}s"}, "/stats": stats}
        path = self.world.folder / "instead.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            thread = threading.Thread(target=_answer_each, args=(listener, pages))
            thread.start()
            with self._elsewhere(path):
                yield
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
        path.unlink()


def _answer_each(listener: socket.socket, pages: Mapping[str, Any]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            asked = connection.recv(65_536).decode().split(" ")[1].partition("?")[0]
            body = json.dumps(pages[asked])
            connection.sendall(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())


@contextmanager
def envoy_source(_: Path) -> Iterator[EnvoySource]:
    # Not the folder: the path of a unix socket must be short.
    with tempfile.TemporaryDirectory(prefix="pc-") as folder, world_in(Path(folder)) as world:
        world.start(churn(*(world.backend(revision) for revision in _BOTH), v1=90, v2=10))
        yield EnvoySource(world, EnvoyCounters(world.admin))


@dataclass
class ServersSource:
    """Two servers a revision, and whoever asks them.

    Args:
        servers: Of a revision.
        counters: Who asks.
        settled: Waits until they have been asked.
        pausing: Whoever stands between them and us hangs; None: nobody does.
        away: A source of the same kind that is not there.
    """

    servers: Mapping[RevisionId, Sequence[Exposed]]
    counters: Counters
    settled: Callable[[], None]
    pausing: Callable[[], Any] | None
    away: Counters

    @property
    def all(self) -> Sequence[Exposed]:
        return [one for several in self.servers.values() for one in several]

    def answer(self, who: RevisionId, *statuses: int) -> None:
        for turn, status in enumerate(statuses):
            several = self.servers[who]
            several[turn % len(several)].answer(str(status))

    def settle(self) -> None:
        self.settled()

    def restart(self) -> None:
        for server in self.all:
            server.restart()

    def hanging(self) -> Any:
        return self.pausing() if self.pausing else self._asleep()

    @contextmanager
    def _asleep(self) -> Iterator[None]:
        for server in self.all:
            server.awake.clear()
        yield
        for server in self.all:
            server.awake.set()

    @contextmanager
    def down(self) -> Iterator[None]:
        before, self.counters = self.counters, self.away
        yield
        self.counters = before

    @contextmanager
    def garbled(self) -> Iterator[None]:
        for server in self.all:
            server.page = b"platformctl_requests_total{} many\n"
        self.settle()
        yield
        for server in self.all:
            server.page = None
        self.settle()

    @contextmanager
    def lying(self) -> Iterator[None]:
        lies = self.servers[CANARY.id][0]
        before = lies.answers.copy()
        lies.answers["200"] -= 5
        lies.answers["500"] += 9
        self.settle()
        yield
        lies.answers = before
        self.settle()


def _servers() -> Mapping[RevisionId, Sequence[Exposed]]:
    return {
        revision: [Exposed(revision, f"{revision}-predictor-{number}") for number in (0, 1)]
        for revision in _BOTH
    }


@contextmanager
def prometheus_source(folder: Path) -> Iterator[ServersSource]:
    """A real Prometheus."""
    servers = _servers()
    every = [one for several in servers.values() for one in several]
    api = open_api(Access(None), "shop", {})
    with exposing(every), real_prometheus(folder) as prometheus:
        prometheus.scrape({server.address: {"pod": server.pod, "namespace": "shop"} for server in every})
        yield ServersSource(
            servers,
            ClusterCounters(api, prometheus.url),
            prometheus.settle,
            prometheus.hanging,
            ClusterCounters(api, f"http://127.0.0.1:{free_port()}"),
        )


@contextmanager
def pods_source(folder: Path) -> Iterator[ServersSource]:
    """Servers that are asked through an API server."""
    servers = _servers()
    every = [one for several in servers.values() for one in several]
    with ExitStack() as stack:
        stack.enter_context(exposing(every))
        url = stack.enter_context(_api_server(every))
        there, away = (
            open_api(Access(written(folder, one(address), name)), "shop", {})
            for name, address in (("there", url), ("away", f"http://127.0.0.1:{free_port()}"))
        )
        yield ServersSource(
            servers,
            ClusterCounters(there, direct=False),
            lambda: None,
            None,
            ClusterCounters(away, direct=False),
        )


@contextmanager
def _api_server(pods: Sequence[Exposed]) -> Iterator[str]:
    """One that lists pods, and lets them be asked."""
    listed = json.dumps({"kind": "PodList", "items": [_pod(one) for one in pods], "metadata": {}}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].split("/")
            is_list = path[-1] == "pods"
            status, body = (200, listed) if is_list else self._proxied(path[6].partition(":")[0])
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _proxied(self, pod: str) -> tuple[int, bytes]:
            (asked,) = (one for one in pods if one.pod == pod)
            connection = HTTPConnection(asked.address, timeout=30)
            with closing(connection):
                connection.request("GET", "/metrics")
                answer = connection.getresponse()
                return answer.status, answer.read()

        def handle(self) -> None:
            with suppress(ConnectionError):  # whoever asked has given it up
                super().handle()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _pod(server: Exposed) -> Mapping[str, Any]:
    labels = {REVISION: server.revision, "component": "predictor"}
    status = {"phase": "Running", "containerStatuses": [{"started": True}]}
    return {"metadata": {"name": server.pod, "uid": server.pod, "labels": labels}, "status": status}


SOURCES = [
    pytest.param(fake_source, id="fake", marks=pytest.mark.quick),
    pytest.param(envoy_source, id="envoy", marks=pytest.mark.quick),
    pytest.param(pods_source, id="pods", marks=pytest.mark.quick),
    pytest.param(prometheus_source, id="prometheus", marks=pytest.mark.full),
]

TELLING_APART = SOURCES[2:]
"""Those that have figures of each server."""
