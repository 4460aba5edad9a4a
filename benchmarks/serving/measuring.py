"""Rounds of load over servers that are up together, and the medians of what they gave."""

import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from benchmarks.serving.load import Outcome, closed, paced
from benchmarks.serving.servers import Failed, Running, running
from benchmarks.serving.sides import Question, Side, check, insist, requests

CONNECTIONS = 32
WARM_UP_S = 1.0


@dataclass(frozen=True)
class Figures:
    """What one load of one server gave: milliseconds, and microseconds of processor time a request."""

    rate: float
    p50: float
    p95: float
    p99: float
    cpu_us: float
    busy: float
    errors: int

    @classmethod
    def of(cls, outcome: Outcome, cpu_seconds: float) -> "Figures":
        """From what became of the requests."""
        return cls(
            rate=outcome.rate,
            p50=outcome.milliseconds(0.5),
            p95=outcome.milliseconds(0.95),
            p99=outcome.milliseconds(0.99),
            cpu_us=1e6 * cpu_seconds / len(outcome.latencies),
            busy=outcome.busy,
            errors=outcome.errors,
        )

    @classmethod
    def median(cls, rounds: Sequence["Figures"]) -> "Figures":
        """Of each figure by itself; errors are summed."""

        def middle(pick: Callable[["Figures"], float]) -> float:
            return statistics.median(pick(one) for one in rounds)

        return cls(
            rate=middle(lambda one: one.rate),
            p50=middle(lambda one: one.p50),
            p95=middle(lambda one: one.p95),
            p99=middle(lambda one: one.p99),
            cpu_us=middle(lambda one: one.cpu_us),
            busy=middle(lambda one: one.busy),
            errors=sum(one.errors for one in rounds),
        )


@dataclass(frozen=True)
class Asked:
    """A running server with its requests made."""

    side: Side
    server: Running
    questions: Sequence[Question]
    requests: Sequence[bytes]

    def load(self, how: Callable[[int, Sequence[bytes]], Outcome], errors: int = 0) -> Figures:
        """One load; `how` gets the port and the requests.

        Raises:
            Failed: More requests failed than that, or a score is not the pipeline's.
        """
        before = self.server.cpu_seconds()
        outcome = how(self.server.port, self.requests)
        spent = self.server.cpu_seconds() - before
        if outcome.errors > errors:
            statuses = dict(outcome.refused)
            raise Failed(f"{self.side.name}: {outcome.lost} requests were lost, others refused: {statuses}")
        check(self.side, self.questions, outcome.kept)
        return Figures.of(outcome, spent)

    def closed(self, seconds: float, connections: int = CONNECTIONS) -> Figures:
        """One closed load."""
        return self.load(lambda port, asked: closed(port, asked, connections, seconds))

    def paced(self, seconds: float, rate: float) -> Figures:
        """One open load; its errors are figures."""
        how = partial(paced, connections=CONNECTIONS, seconds=seconds, rate=rate)
        return self.load(how, errors=sys.maxsize)


@contextmanager
def up(side: Side, asked: Sequence[Question], core: int) -> Iterator[Asked]:
    """A side's server, warm."""
    with running(side.command, core) as server:
        insist(side, server)
        ready = Asked(side, server, asked, requests(side, asked))
        ready.closed(WARM_UP_S)
        yield ready


@contextmanager
def all_up(sides: Sequence[Side], asked: Sequence[Question], core: int) -> Iterator[list[Asked]]:
    """Servers of all sides, together."""
    with ExitStack() as stack:
        yield [stack.enter_context(up(side, asked, core)) for side in sides]


def in_turns(
    servers: Sequence[Asked], rounds: int, seconds: float, connections: int = CONNECTIONS
) -> list[Figures]:
    """Medians of each server over the rounds; each round asks all of them, one after the other."""
    taken: list[list[Figures]] = [[] for _ in servers]
    for number in range(rounds):
        note(f"round {number + 1} of {rounds}: {', '.join(one.side.name for one in servers)}")
        for mine, server in zip(taken, servers, strict=True):
            mine.append(server.closed(seconds, connections))
    return [Figures.median(mine) for mine in taken]


def note(text: str) -> None:
    """Progress, on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
