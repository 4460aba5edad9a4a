"""What the local router costs: `python -m benchmarks.router`.

1. From the renaming of the route file to the first answer by the new weight, over 60 changes.
2. What Envoy adds to a request on one kept-alive connection, against the same server asked directly
   over its unix socket, in alternating blocks of one run.
"""

import itertools
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks import Bar, report
from platformctl.adapters.envoy import routes
from platformctl.adapters.envoy.table import Table
from tests.load import encode
from tests.router.world import PREDICT, V1, V2, World, churn, world_in

CHANGES = 60
BLOCKS, BLOCK = 100, 50
WARM_UP = 500
CHANGE_BAR_MS = 10.0
ADDED_BAR_MS = 0.3
PATIENCE_SECONDS = 5.0
REQUEST = encode(PREDICT, b'{"instances": [[0]]}', {"host": "router"})


class Connection:
    """One kept-alive connection that asks and waits, over a plain socket: a client costs time too."""

    def __init__(self, family: int, address: str | tuple[str, int]) -> None:
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_INET:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(PATIENCE_SECONDS)
        self._socket.connect(address)

    def ask(self) -> bytes:
        """One answer; it is small enough to come in one piece after its head."""
        self._socket.sendall(REQUEST)
        answer = b""
        while not answer.endswith(b"}"):
            received = self._socket.recv(65_536)
            if not received:
                raise ConnectionError("the connection was closed")
            answer += received
        return answer

    def close(self) -> None:
        """Close it."""
        self._socket.close()


@contextmanager
def connected(family: int, address: str | tuple[str, int]) -> Iterator[Connection]:
    """A connection that is closed at the end."""
    connection = Connection(family, address)
    try:
        yield connection
    finally:
        connection.close()


def change_times(one: World, changes: int) -> Sequence[float]:
    """Milliseconds from each renaming to the first answer by the revision that has the weight now."""
    backends = (one.backend(V1), one.backend(V2))
    one.publish(churn(*backends, v1=100))
    with connected(socket.AF_INET, ("127.0.0.1", one.port)) as connection:
        turns = itertools.islice(itertools.cycle((("v2", V2), ("v1", V1))), changes)
        return [
            _change(one, one.table(churn(*backends, **{version: 100})), revision, connection)
            for version, revision in turns
        ]


def _change(one: World, table: Table, expected: str, connection: Connection) -> float:
    live = one.folder / "envoy" / "routes" / "routes.json"
    prepared = one.folder / "prepared.json"
    prepared.write_text(json.dumps(routes.discovery(table, timeout=60.0)))
    renamed = time.perf_counter()
    prepared.replace(live)
    while expected.encode() not in connection.ask():
        if time.perf_counter() - renamed > PATIENCE_SECONDS:
            raise TimeoutError(f"generation {table.generation} was not served")
    return (time.perf_counter() - renamed) * 1000


def latencies(one: World) -> tuple[Sequence[float], Sequence[float]]:
    """Milliseconds of each request: directly, and through Envoy."""
    backend = one.backend(V1)
    one.publish(churn(backend, v1=100))
    direct_ms: list[float] = []
    routed_ms: list[float] = []
    with (
        connected(socket.AF_UNIX, str(backend.sockets[0])) as direct,
        connected(socket.AF_INET, ("127.0.0.1", one.port)) as routed,
    ):
        _block(direct, WARM_UP)
        _block(routed, WARM_UP)
        for _ in range(BLOCKS):
            direct_ms += _block(direct, BLOCK)
            routed_ms += _block(routed, BLOCK)
    return direct_ms, routed_ms


def _block(connection: Connection, requests: int) -> Sequence[float]:
    return [_timed(connection) for _ in range(requests)]


def _timed(connection: Connection) -> float:
    began = time.perf_counter()
    connection.ask()
    return (time.perf_counter() - began) * 1000


def row(name: str, values: Sequence[float]) -> str:
    """One line of the table."""
    p95 = statistics.quantiles(values, n=20)[-1]
    return f"{name:<34}{len(values):>7}{statistics.median(values):>9.3f}{p95:>9.3f}{max(values):>9.3f}"


def main() -> int:
    """Measure, print, and return 0 if both bars hold."""
    with tempfile.TemporaryDirectory(prefix="pc-") as folder, world_in(Path(folder)) as one:
        one.start()
        changes = change_times(one, CHANGES)
        direct, routed = latencies(one)
    added = statistics.median(routed) - statistics.median(direct)
    print(f"{'ms':<34}{'n':>7}{'median':>9}{'p95':>9}{'max':>9}")
    print(row("weight change served after", changes))
    print(row("request, direct to its server", direct))
    print(row("request, through the router", routed))
    print(
        f"added at the median: {added:.3f} ms, x{statistics.median(routed) / statistics.median(direct):.2f}"
    )
    change = Bar(
        "weight change served after its file is renamed, median, ms",
        statistics.median(changes),
        CHANGE_BAR_MS,
    )
    return report("router", [change, Bar("latency added at the median, ms", added, ADDED_BAR_MS)])


if __name__ == "__main__":
    sys.exit(main())
