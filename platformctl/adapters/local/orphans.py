"""Processes of a stack whose supervisord is gone: they hold its sockets and ports, and must go first."""

import contextlib
import os
import signal
import time
from pathlib import Path

import psutil

from platformctl.domain.errors import Refused

MARK = "PLATFORMCTL_SUPERVISED_BY"
"""An environment variable that all processes of a stack inherit; its value is the home folder."""

_KINDLY = (signal.SIGTERM, 10.0)
_UNKINDLY = (signal.SIGKILL, 5.0)
_POLL = 0.05


def find(home: Path) -> set[int]:
    """The processes of the stack in `home`, whoever their parent is now. Others' cannot be seen."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            ours = process.environ().get(MARK) == str(home)
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.add(process.pid)
    return found - {os.getpid()}


def stop(home: Path) -> int:
    """Stop them: first kindly, then not. Returns how many there were.

    Raises:
        Refused: One of them runs on.
    """
    count = len(find(home))
    for signal_number, seconds in (_KINDLY, _UNKINDLY):
        if _gone(home, signal_number, time.monotonic() + seconds):
            return count
    left = " ".join(map(str, sorted(find(home))))
    raise Refused(f"processes of an earlier stack run on: {left}", hint=f"look at them: ps -fp {left}")


def _gone(home: Path, signal_number: signal.Signals, deadline: float) -> bool:
    """Signal each of them once, those that appear meanwhile too, and wait until none is left."""
    told: set[int] = set()
    while running := find(home):
        for pid in running - told:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        told |= running
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL)
    return True
