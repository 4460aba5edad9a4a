"""Commands while requests run: who answered that should not have, and when the new weights were served."""

import json
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.cluster.stage import NAME, PLATFORMCTL, Ground
from tests.cluster.models import ROWS
from tests.load import Load

CONNECTIONS = 8

_SETTLED = 300
"""Answers between two commands: those to requests that were under way, and many more."""

_VERSION = re.compile(rf"^{NAME}-v(\d+)-")
_EVERY = 0.01
_FOREVER, _UNLIMITED = 86_400.0, 10**9
_OK, _FAILURE = 200, 500

Versions = frozenset[int]


class Step(NamedTuple):
    """A command that changes who serves.

    Args:
        what: It is called.
        arguments: Of the command line.
        before: Versions with weight before it.
        after: Versions with weight after it.
    """

    what: str
    arguments: Sequence[str]
    before: Versions
    after: Versions


class Taken(NamedTuple):
    """What became of a step.

    Args:
        ended: Seconds until the command ended.
        live: Seconds from its start to the last answer of a version that has no weight any more; None: all
            kept theirs.
        strays: Answers of versions that had weight neither before nor after it, and, once it had ended, of
            those that had some before.
    """

    what: str
    ended: float
    live: float | None
    strays: int


def load(ground: Ground, host: str, limit: int = _UNLIMITED, pause: float = 0.0) -> Load:
    """Requests to the deployment over 8 connections, until the limit or the end of its block.

    Args:
        ground: Where it is.
        host: What is asked.
        limit: Requests.
        pause: Seconds between an answer and the next request of its connection.
    """
    place = urlsplit(ground.stack.gateway)
    return Load(
        place.port or 80,
        f"/v1/models/{NAME}:predict",
        json.dumps(ROWS).encode(),
        connections=CONNECTIONS,
        headers={"host": host, "content-type": "application/json"},
        host=place.hostname or "",
        limit=limit,
        seconds=_FOREVER,
        pause=pause,
    )


def story(first: int, third: int) -> Sequence[Step]:
    """From version 1 back to version 1, past each situation in which KServe itself errs.

    Args:
        first: The version that is a canary, is replaced by a third one, comes again, and is taken back after
            it took over.
        third: The one that is taken back before it took over.
    """
    one = frozenset({1})
    canary = ("deploy", "-f", "churn.yaml", "--retry", "--version")
    return [
        Step("canary", (*canary, str(first), "--canary", "10"), one, one | {first}),
        Step("third version", (*canary, str(third), "--canary", "50"), one | {first}, one | {third}),
        Step("rollback", ("rollback", NAME), one | {third}, one),
        Step("canary", (*canary, str(first), "--canary", "50"), one, one | {first}),
        Step("promote", ("promote", NAME), one | {first}, frozenset({first})),
        Step("rollback after promotion", ("rollback", NAME), frozenset({first}), one),
    ]


def run(ground: Ground, load: Load, steps: Sequence[Step]) -> Iterator[Taken]:
    """Run commands one after the other while the load goes on, and some requests between them."""
    for step in steps:
        counted = answers(load)
        ended, live = _run(ground, load, step)
        load.until(load.tally.answered + 2 * CONNECTIONS)  # what was under way when it ended
        during = _strays(load, counted, step.before | step.after)
        counted = answers(load)
        load.until(load.tally.answered + _SETTLED)
        yield Taken(step.what, ended, live, during + _strays(load, counted, step.after))


def answers(load: Load) -> Counter[int]:
    """Answers by version; 0: nobody said whose they are."""
    found: Counter[int] = Counter()
    for (_, who), count in list(load.tally.answers.items()):
        said = _VERSION.match(who or "")
        found[int(said[1]) if said else 0] += count
    return found


def lost(load: Load) -> Sequence[str]:
    """In words, each request without an answer or with another one than a revision's 200."""
    others = (
        [f"{status} of {who or 'nobody'}"] * count
        for (status, who), count in load.tally.answers.items()
        if status < _FAILURE and (status != _OK or who is None)
    )
    return [*load.tally.lost, *chain.from_iterable(others)]


def _strays(load: Load, before: Counter[int], allowed: Versions) -> int:
    """Answers since then that others gave; those of nobody count as lost."""
    return sum(count for version, count in (answers(load) - before).items() if version not in {0, *allowed})


def _run(ground: Ground, load: Load, step: Step) -> tuple[float, float | None]:
    """Run a command; when it ended, and when the last answer came of who lost all weight."""
    leaving = step.before - step.after
    last, seen = 0.0, answers(load)
    began = time.perf_counter()
    with subprocess.Popen(
        [*PLATFORMCTL, "-n", ground.namespace, *step.arguments],
        cwd=ground.folder,
        env=ground.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        while process.poll() is None:
            time.sleep(_EVERY)
            now = answers(load)
            if any(now[version] > seen[version] for version in leaving):
                last, seen = time.perf_counter() - began, now
        ended = time.perf_counter() - began
        said, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(step.arguments)} ended with {process.returncode}:\n{said}")
    return ended, last if leaving else None
