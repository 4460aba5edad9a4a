"""One cluster a machine: the lock is held by the cluster's own first process, and goes with it."""

import fcntl
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.cluster.places import LOCK
from tests.cluster.requirements import Extent


@dataclass(frozen=True)
class Held:
    """What the lock says of a cluster.

    Args:
        state: The folder of its state.
        maker: The process that brings it up, or did.
        init: The first process in its namespaces; 0 before it has any.
        unshare: The process that made them.
        extent: How much of a cluster is there; None until all that was asked for is.
    """

    state: str
    maker: int
    init: int = 0
    unshare: int = 0
    extent: Extent | None = None

    @property
    def maker_lives(self) -> bool:
        """Whether it may still come up."""
        return Path(f"/proc/{self.maker}").exists()


def take(patience: float = 0.5) -> int | None:
    """Hold the lock: a file descriptor, by which it is held until all processes that have it open are gone.

    Args:
        patience: Seconds; whoever only looks has it for a moment too.

    Returns:
        None where a cluster holds it.
    """
    until = time.monotonic() + patience
    while True:
        descriptor = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        with suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_ino == LOCK.stat().st_ino:  # else who had it has removed it
                return descriptor
        os.close(descriptor)
        if time.monotonic() > until:
            return None
        time.sleep(0.02)


def let_go(descriptor: int) -> None:
    """Remove the lock, which must be held."""
    LOCK.unlink(missing_ok=True)
    os.close(descriptor)


def write(descriptor: int, held: Held) -> None:
    """Say in the lock who holds it."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(asdict(held)).encode(), 0)


def said() -> Held | None:
    """What the lock says, held or not: of a cluster that was killed, what it has left behind."""
    try:
        return Held(**json.loads(LOCK.read_text()))
    except (FileNotFoundError, ValueError):  # nobody, or one that is just about to write
        return None


def holder() -> Held | None:
    """The cluster that holds the lock."""
    with suppress(FileNotFoundError), LOCK.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # others may look at the same time
        except BlockingIOError:
            return said()
    return None
