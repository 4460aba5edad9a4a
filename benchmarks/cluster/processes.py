"""Whole processes: how long they take, how much processor, and what they ask the API server."""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from benchmarks.cluster.stage import Ground

_LOGGED = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(name)s %(message)s")
from platformctl.cli.main import run
sys.exit(run(sys.argv[1:]))
"""
_REQUEST = re.compile(r'^urllib3\.connectionpool \S+ "[A-Z]+ (\S+) HTTP', re.MULTILINE)


class Place(Protocol):
    """Where commands run."""

    @property
    def folder(self) -> Path:
        """Their working folder."""

    @property
    def environ(self) -> Mapping[str, str]:
        """Their environment."""


class Taken(NamedTuple):
    """Seconds of one run, or their medians.

    Args:
        wall: From its start to its end.
        processor: Of it and its children, user and system.
    """

    wall: float
    processor: float


@dataclass(frozen=True)
class Case:
    """A command, and what it is called."""

    name: str
    command: Sequence[str]


class Asked(NamedTuple):
    """Requests of one command.

    Args:
        objects: To the API server for what it has.
        pages: To servers in pods, which it passes on: each revision's own page once, each pod's figures.
    """

    objects: int
    pages: int


def measure(place: Place, cases: Sequence[Case], rounds: int) -> Mapping[str, Taken]:
    """The medians of each case. In rounds: what slows the machine slows all of them."""
    taken: dict[str, list[Taken]] = {case.name: [] for case in cases}
    for number in range(rounds + 1):  # the first compiles what has not been compiled yet
        for case in cases:
            one = _run(place, case.command)
            if number:
                taken[case.name].append(one)
    return {
        name: Taken(*(statistics.median(column) for column in zip(*runs, strict=True)))
        for name, runs in taken.items()
    }


def _run(place: Place, command: Sequence[str]) -> Taken:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=place.folder, env=place.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Taken(seconds, usage.ru_utime + usage.ru_stime)


def asked(stage: Ground, *arguments: str) -> Asked:
    """Count all requests that a command sends to the API server, by the HTTP client's own log."""
    done = subprocess.run(
        [sys.executable, "-c", _LOGGED, *arguments],
        cwd=stage.folder,
        env=stage.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    targets = _REQUEST.findall(done.stderr)
    pages = sum("/proxy/" in target for target in targets)
    return Asked(len(targets) - pages, pages)
