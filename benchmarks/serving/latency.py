"""How long one request takes: alone, at a steady rate, and a scrape of the metrics."""

import socket
import statistics
import time

from benchmarks import Bar
from benchmarks.serving import sides
from benchmarks.serving.load import HOST
from benchmarks.serving.measuring import Figures, all_up, in_turns, note, up
from benchmarks.serving.servers import get
from benchmarks.serving.workplace import Section, Workplace, table

ALONE_BAR_MS = 0.25
STEADY_BAR_MS = 5.0
STEADY_SHARE = 2 / 3
SCRAPE_BAR_MS = 2.0
SCRAPES = 50


def one_connection(work: Workplace) -> Section:
    """One connection: what a caller waits who does not share the server."""
    lr = [
        sides.seed(work.model("lr")),
        sides.ours(work.model("lr"), work.scratch, "fused"),
        sides.ours(work.exported("lr"), work.scratch, "onnx"),
    ]
    with all_up(lr, work.questions("lr"), work.core) as servers:
        figures = in_turns(servers, work.rounds, work.seconds / 2, connections=1)
        lines = table(servers, figures)
    name = "lr, onnx: median at one connection, ms"
    return Section(lines, [Bar(name, figures[-1].p50, ALONE_BAR_MS)])


def steady(work: Workplace) -> Section:
    """Requests that come when they come, at two thirds of what the server can do."""
    side = sides.ours(work.exported("lr"), work.scratch, "onnx")
    with up(side, work.questions("lr"), work.core) as server:
        best = max(server.closed(work.seconds).rate for _ in range(work.rounds))
        rounds = []
        for number in range(work.rounds):
            note(f"round {number + 1} of {work.rounds}: {STEADY_SHARE * best:.0f} requests a second")
            rounds.append(server.paced(work.seconds, STEADY_SHARE * best))
        middle = Figures.median(rounds)
        lines = [f"two thirds of {best:.0f} requests a second, at random moments", *table([server], [middle])]
    return Section(
        lines,
        [
            Bar("lr, onnx: p99 at two thirds of the best throughput, ms", middle.p99, STEADY_BAR_MS),
            Bar("lr, onnx: errors at two thirds of the best throughput", middle.errors, 0),
        ],
    )


def scrape(work: Workplace) -> Section:
    """GET /metrics, after a load."""
    side = sides.ours(work.exported("lr"), work.scratch, "onnx")
    with up(side, work.questions("lr"), work.core) as server:
        server.closed(work.seconds)
        with socket.create_connection((HOST, server.server.port), timeout=5) as connection:
            taken = [_scraped(server.server.port, connection) for _ in range(SCRAPES)]
    middle, size = statistics.median(ms for ms, _ in taken), taken[-1][1]
    lines = [f"{SCRAPES} scrapes of {size} bytes: median {middle:.2f} ms, longest {max(taken)[0]:.2f} ms"]
    return Section(lines, [Bar("one scrape of /metrics, ms", middle, SCRAPE_BAR_MS)])


def _scraped(port: int, connection: socket.socket) -> tuple[float, int]:
    began = time.perf_counter()
    _, body = get(port, "/metrics", connection)
    return 1000 * (time.perf_counter() - began), len(body)
