"""A load of HTTP/1.1 requests from one core, cheap enough not to be what is measured.

Requests are bytes that were made before; of an answer only status and length are read. Two ways of asking:

- `closed`: each connection sends its next request when it has the answer to the last. Says how much a
  server can do.
- `paced`: requests fall due at random moments of a given rate, whatever the server does. Latency counts
  from the moment at which a request was due, so a server that stalls is charged for all who came meanwhile.
"""

import asyncio
import gc
import random
import time
from array import array
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple, cast

import uvloop

OK = 200
SEED = 7
HOST = "127.0.0.1"
KEPT_EVERY = 50
"""One answer in so many is kept, for its scores to be checked."""

_PATIENCE_S = 30.0
_LENGTH = b"ength: "  # of content-length, however it is spelt
_LAST_CHUNK = b"0\r\n\r\n"


class Head(NamedTuple):
    """What is read of a whole answer: its status, and where its body begins."""

    status: int
    body: int


@dataclass
class Outcome:
    """What became of the requests of one load.

    Args:
        seconds: From the first request to the last answer.
        latencies: Seconds of each answered request.
        refused: Answers other than 200, by status.
        lost: Requests without an answer.
        kept: Bodies of some answers, each with the number of its request.
        busy: The share of the time in which the load generator had its core.
    """

    seconds: float = 0.0
    latencies: "array[float]" = field(default_factory=lambda: array("d"))
    refused: Counter[int] = field(default_factory=Counter)
    lost: int = 0
    kept: list[tuple[int, bytes]] = field(default_factory=list)
    busy: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    @property
    def errors(self) -> int:
        """Requests that had no answer, or another than 200."""
        return self.lost + self.refused.total()

    def milliseconds(self, share: float) -> float:
        """The latency that this share of the answers did not exceed."""
        return 1000 * percentile(self.latencies, share)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed (nearest rank)."""
    return sorted(values)[max(ceil(share * len(values)), 1) - 1]


def closed(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Outcome:
    """Ask on each connection as fast as it is answered."""
    return _run(port, connections, seconds, lambda: _Closed(requests, seconds))


def paced(port: int, requests: Sequence[bytes], connections: int, seconds: float, rate: float) -> Outcome:
    """Ask at random moments, so many a second on average. One that finds no free connection waits for it."""
    return _run(port, connections, seconds, lambda: _Paced(requests, arrivals(rate, seconds, SEED)))


def arrivals(rate: float, seconds: float, seed: int) -> list[float]:
    """Moments of a Poisson process, in seconds from its start."""
    chance = random.Random(seed)  # noqa: S311 no secret
    moments, at = [], chance.expovariate(rate)
    while at < seconds:
        moments.append(at)
        at += chance.expovariate(rate)
    return moments


def head_of(data: bytes) -> Head | None:
    """Status and body of an answer, or None as long as it is not there in full.

    Raises:
        ValueError: It has no length and no chunks.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    body = end + 4
    at = data.find(_LENGTH, 0, end)
    if at >= 0:
        whole = len(data) - body >= int(data[at + 7 : data.index(b"\r", at)])
    elif b"chunked" in data[:end]:
        whole = data.endswith(_LAST_CHUNK)
    else:
        raise ValueError(f"an answer without a length: {data[:end]!r}")
    return Head(int(data[9:12]), body) if whole else None


def _run(port: int, connections: int, seconds: float, make: Callable[[], "_Load"]) -> Outcome:
    gc.collect()
    gc.disable()  # its pauses would be the server's
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_drive(port, connections, seconds, make))
    finally:
        gc.enable()


async def _drive(port: int, connections: int, seconds: float, make: Callable[[], "_Load"]) -> Outcome:
    load, loop = make(), asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: _Connection(load), HOST, port))[1] for _ in range(connections)
    ]
    cpu, began = time.process_time(), time.perf_counter()
    load.start(opened)
    with suppress(TimeoutError):  # what has no answer by then is counted as lost when it is closed
        await asyncio.wait_for(load.finished, seconds + _PATIENCE_S)
    load.outcome.seconds = time.perf_counter() - began
    load.outcome.busy = (time.process_time() - cpu) / load.outcome.seconds
    for connection in opened:
        connection.close()
    await asyncio.gather(*(connection.closed for connection in opened))
    return load.outcome


class _Load:
    """What both ways of asking share: connections, and the account of their answers."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self.requests = requests
        self.outcome = Outcome()
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turn = 0

    def start(self, connections: list["_Connection"]) -> None:
        raise NotImplementedError

    def free(self, connection: "_Connection", now: float) -> None:
        """A connection has its answer."""
        raise NotImplementedError

    def gone(self, connection: "_Connection") -> None:
        """A connection was closed."""
        raise NotImplementedError

    def next(self) -> int:
        """The number of the next request."""
        turn = self._turn
        self._turn = turn + 1 if turn + 1 < len(self.requests) else 0
        return turn

    def answered(self, connection: "_Connection", head: Head, data: bytes) -> None:
        now = time.perf_counter()
        outcome = self.outcome
        outcome.latencies.append(now - connection.since)
        connection.since = 0.0
        if head.status != OK:
            outcome.refused[head.status] += 1
        elif len(outcome.latencies) % KEPT_EVERY == 1:
            outcome.kept.append((connection.index, data[head.body :]))
        self.free(connection, now)

    def end(self) -> None:
        if not self.finished.done():
            self.finished.set_result(None)


class _Closed(_Load):
    def __init__(self, requests: Sequence[bytes], seconds: float) -> None:
        super().__init__(requests)
        self._seconds = seconds
        self._asking = 0
        self._ends = 0.0

    def start(self, connections: list["_Connection"]) -> None:
        now = time.perf_counter()
        self._ends = now + self._seconds
        self._asking = len(connections)
        for connection in connections:
            connection.ask(self.next(), now)

    def free(self, connection: "_Connection", now: float) -> None:
        if now < self._ends:
            connection.ask(self.next(), now)
        else:
            self._less()

    def gone(self, connection: "_Connection") -> None:
        if connection.since:
            self.outcome.lost += 1
            self._less()

    def _less(self) -> None:
        self._asking -= 1
        if not self._asking:
            self.end()


class _Paced(_Load):
    def __init__(self, requests: Sequence[bytes], moments: Sequence[float]) -> None:
        super().__init__(requests)
        self._coming = deque(moments)
        self._late: deque[float] = deque()  # due, and no connection was free
        self._idle: list[_Connection] = []
        self._open = 0
        self._began = 0.0

    def start(self, connections: list["_Connection"]) -> None:
        self._idle = list(connections)
        self._open = len(connections)
        self._began = time.perf_counter()
        self._look()

    def free(self, connection: "_Connection", now: float) -> None:  # noqa: ARG002 as the other way
        if self._late:
            connection.ask(self.next(), self._late.popleft())
        else:
            self._idle.append(connection)
            self._end_if_over()

    def gone(self, connection: "_Connection") -> None:
        self._open -= 1
        if connection.since:
            self.outcome.lost += 1
        else:
            self._idle.remove(connection)
        self._end_if_over()

    def _look(self) -> None:
        """Ask what is due. Looks again at once: a timer of the loop is a millisecond late."""
        coming = self._coming
        passed = time.perf_counter() - self._began
        while coming and coming[0] <= passed:
            due = self._began + coming.popleft()
            if self._idle:
                self._idle.pop().ask(self.next(), due)
            else:
                self._late.append(due)
        if coming and self._open:
            asyncio.get_running_loop().call_soon(self._look)
        else:
            self._end_if_over()

    def _end_if_over(self) -> None:
        if not self._open:
            self.outcome.lost += len(self._late) + len(self._coming)
            self.end()
        elif not self._coming and not self._late and len(self._idle) == self._open:
            self.end()


class _Connection(asyncio.Protocol):
    """One kept-alive connection with at most one request at a time."""

    def __init__(self, load: _Load) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._load = load
        self._partial = b""
        self.index = 0
        self.since = 0.0
        """When what it asks was due; 0: it asks nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, index: int, since: float) -> None:
        self.index, self.since = index, since
        self._transport.write(self._load.requests[index])

    def data_received(self, data: bytes) -> None:
        if self._partial:
            data = self._partial + data
        head = head_of(data)
        if head is None:
            self._partial = data
            return
        self._partial = b""
        load = self._load
        load.answered(self, head, data)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 asyncio's signature
        self._load.gone(self)
        self.closed.set_result(None)

    def close(self) -> None:
        self._transport.close()
