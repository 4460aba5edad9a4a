"""The local target and its leases, held to the contract."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from platformctl.adapters.envoy.counters import EnvoyCounters
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.lease import FlockLease
from platformctl.adapters.local.target import LocalTarget
from platformctl.adapters.system import SystemClock
from platformctl.domain.names import Name
from platformctl.domain.revision import Revision
from tests.local.world import BODY, LocalWorld, local_world, until


@dataclass(frozen=True)
class LocalTargetHarness:
    """A real stack: supervisord, Envoy, model servers."""

    world: LocalWorld
    body: bytes = BODY
    counts_what_nobody_answered: bool = True

    @property
    def target(self) -> LocalTarget:
        return self.world.target

    @cached_property
    def another(self) -> LocalTarget:
        return self.world.client()

    @property
    def unreachable(self) -> LocalTarget:
        return LocalWorld(self.world.folder / "never-up").target

    @property
    def counters(self) -> EnvoyCounters:
        return self.world.counters

    def working_revision(self, name: Name, tag: int) -> Revision:
        return self.world.revision(name, tag)

    def failing_revision(self, name: Name, tag: int) -> Revision:
        return self.world.broken(name, tag)

    def until(self, condition: Callable[[], bool], timeout: float = 60) -> None:
        until(condition, timeout)

    @contextmanager
    def corrupted(self, name: Name) -> Iterator[None]:  # noqa: ARG002 - one file holds all deployments
        """Cut the file short, as no crash of ours does, but a disk might."""
        file = self.world.home.state_file
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2])
        try:
            yield
        finally:
            file.write_bytes(content)


@contextmanager
def local_target(folder: Path) -> Iterator[LocalTargetHarness]:
    with local_world(folder) as world:
        yield LocalTargetHarness(world)


_DIE_HOLDING = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.lease import FlockLease
FlockLease(Home.at(Path(sys.argv[1]))).acquire(sys.argv[2], "who dies", timedelta(minutes=15))
os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass(frozen=True)
class LocalLeaseHarness:
    """Leases in a home folder."""

    home: Home

    @cached_property
    def lease(self) -> FlockLease:
        return FlockLease(self.home)

    @cached_property
    def another(self) -> FlockLease:
        return FlockLease(self.home)

    def abandon(self, name: Name) -> None:
        command = [sys.executable, "-c", _DIE_HOLDING, str(self.home.root), name]
        assert subprocess.run(command, check=False).returncode == -9


@contextmanager
def local_lease(folder: Path) -> Iterator[LocalLeaseHarness]:
    yield LocalLeaseHarness(Home.at(folder))


@contextmanager
def system_clock(folder: Path) -> Iterator[SystemClock]:  # noqa: ARG001 - it needs none
    yield SystemClock()
