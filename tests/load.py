"""A load of HTTP/1.1 requests over kept-alive connections, and what became of every one of them.

    with Load(port, "/v1/models/churn:predict", body, connections=16) as load:
        ...                          # canary, promote, roll back
        load.until(20_000)           # at least that many have been answered
    assert load.tally.lost == []

It runs in a thread of its own, with asyncio over raw sockets: a client library would hide a reset by
trying again. A connection is opened anew only if the server has said `connection: close`, or if it
was lost, which is counted.
"""

import asyncio
import statistics
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

REVISION_HEADER = "x-platformctl-revision"
SERVER_ERROR = 500


@dataclass
class Tally:
    """What became of the requests.

    Args:
        answers: Answers by status and by the revision that gave them (None: nobody said so).
        latencies: Seconds from the first byte of each answered request to the last of its answer.
        lost: What went wrong, in words, for each request that had no answer or a 5xx.
    """

    answers: Counter[tuple[int, str | None]] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """Answers of any status."""
        return len(self.latencies)

    def of(self, revision: str) -> int:
        """Answers that a revision gave."""
        return sum(count for (_, who), count in self.answers.items() if who == revision)

    def median_ms(self) -> float:
        """The median latency in ms."""
        return statistics.median(self.latencies) * 1000

    def count(self, answer: "Reply", seconds: float) -> None:
        """Count one answer."""
        self.answers[answer.status, answer.headers.get(REVISION_HEADER)] += 1
        self.latencies.append(seconds)
        if answer.status >= SERVER_ERROR:
            self.lost.append(f"{answer.status} {answer.body[:200]!r}")


@dataclass(frozen=True)
class Reply:
    """One answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Load:
    """A load that runs from `with` to the end of its block.

    Args:
        port: Of the server, on `host`.
        path: What is asked.
        body: Sent with POST; without one it is a GET.
        connections: How many requests are under way at any time.
        headers: Sent with each request.
        host: An IP address.
        limit: Requests at most; the load ends by itself then.
        seconds: How long it runs at most.
        patience: Seconds until a request without an answer is lost.
        tolerance: It ends once that many are lost: more would say nothing new.
        pause: Seconds between an answer and the next request of its connection.
    """

    def __init__(  # noqa: PLR0913 - each is a figure of the load, and all but three have a default
        self,
        port: int,
        path: str,
        body: bytes = b"",
        *,
        connections: int = 16,
        headers: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        limit: int = 1_000_000,
        seconds: float = 240.0,
        patience: float = 30.0,
        tolerance: int = 100,
        pause: float = 0.0,
    ) -> None:
        self.tally = Tally()
        self._address = (host, port)
        self._request = encode(path, body, {"host": f"{host}:{port}", **(headers or {})})
        self._connections, self._patience, self._tolerance = connections, patience, tolerance
        self._remaining, self._seconds, self._pause = limit, seconds, pause
        self._ends = 0.0
        self._stop = threading.Event()
        self._progress = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="load")
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        self._ends = time.monotonic() + self._seconds
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if error is None and self._failure is not None:
            raise self._failure

    def until(self, answered: int, timeout: float = 120.0) -> None:
        """Wait until that many requests have been answered since the beginning.

        Raises:
            TimeoutError: They were not, in time, or the load has ended before.
        """
        with self._progress:
            self._progress.wait_for(lambda: self._is_over(answered), timeout)
        if self.tally.answered < answered:
            raise TimeoutError(f"{self.tally.answered} of {answered} answered; lost: {self.tally.lost[:3]}")

    def wait(self, timeout: float = 240.0) -> Tally:
        """Wait until the load ends by itself, at its limit."""
        self._thread.join(timeout)
        return self.tally

    def _is_over(self, answered: int) -> bool:
        return self.tally.answered >= answered or not self._thread.is_alive() or self._failure is not None

    def _run(self) -> None:
        try:
            asyncio.run(self._all())
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that owns the load
            self._failure = failure
        finally:
            with self._progress:
                self._progress.notify_all()

    async def _all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._connections):
                group.create_task(self._keep_asking())

    async def _keep_asking(self) -> None:
        connection = _Connection(*self._address)
        try:
            while self._take():
                await self._one(connection)
                if self._pause:
                    await asyncio.sleep(self._pause)
        finally:
            connection.close()

    def _take(self) -> bool:
        """Whether one more request is to be sent."""
        over = self._stop.is_set() or time.monotonic() > self._ends
        if over or self._remaining <= 0 or len(self.tally.lost) >= self._tolerance:
            return False
        self._remaining -= 1
        return True

    async def _one(self, connection: "_Connection") -> None:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(self._patience):
                reply = await connection.ask(self._request)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.tally.lost.append(f"{type(error).__name__}: {error}")
            connection.close()
            return
        self.tally.count(reply, time.perf_counter() - began)
        with self._progress:
            self._progress.notify_all()


class _Connection:
    """One kept-alive connection, opened when it is needed."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> Reply:
        reader, writer = self._streams = self._streams or await asyncio.open_connection(*self._address)
        writer.write(request)
        reply = await receive(reader)
        if reply.headers.get("connection") == "close":
            self.close()
        return reply

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
        self._streams = None


def encode(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The bytes of a request: POST if there is a body, else GET."""
    method = "POST" if body else "GET"
    given = {**headers, **({"content-length": str(len(body))} if body else {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def receive(reader: asyncio.StreamReader) -> Reply:
    """Read one answer, with a length or in chunks.

    Raises:
        EOFError: The connection ended before the answer did.
        ValueError: It is not HTTP/1.1.
    """
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    headers = _headers(lines)
    if headers.get("transfer-encoding") == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Reply(int(first.split(" ", 2)[1]), headers, body)


def _headers(lines: Sequence[str]) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in lines)
    return {name.lower(): value.strip() for name, _, value in pairs}


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return body
