"""Which process holds a lease, so that one of the same machine can be told to be dead."""

import os
from pathlib import Path
from typing import NamedTuple


class Process(NamedTuple):
    """A process, told from all others there ever were.

    Args:
        machine: Since it was booted, and as far as its numbers of processes reach; "": not known.
        started: In ticks since the machine was booted.
    """

    machine: str
    number: int
    started: str

    @property
    def is_dead(self) -> bool:
        """Whether it is certain that it has ended. Of other machines nothing is."""
        return bool(self.machine) and self.machine == _machine() and _started(self.number) != self.started


def ours() -> Process:
    """This process."""
    return Process(_machine(), os.getpid(), _started(os.getpid()))


def _machine() -> str:
    """Only Linux says it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(number: int) -> str:
    """The start of a process that runs; "": it does not, or is only still to be reaped."""
    try:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]
