"""Why a replica is not ready: read from how its processes ended and what they last wrote. Pure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from platformctl.adapters.local.supervisor import Process, State
from platformctl.domain import last_words

HOPELESS = (0, 64, 65, 66)
"""Exit codes that another start would end with again (docs/server-contract.md)."""

CRASH_LOOP = 4
"""Short lives in a row after which a person should know, although it is started again."""

_SHOWN_LINES = 3


@dataclass(frozen=True)
class Launches:
    """How often a replica was started, and how many of its last lives in a row were short."""

    starts: int = 0
    short_lives: int = 0

    @property
    def restarts(self) -> int:
        """Starts beyond the first."""
        return max(0, self.starts - 1)


def failure(process: Process | None, launches: Launches, lines: Sequence[str]) -> str | None:
    """Why a replica that is not ready will not get ready; None while there is hope.

    Args:
        process: What supervisord says of it; None if supervisord does not know it.
        launches: How often it was started, and how that went.
        lines: What it wrote last, oldest first.
    """
    if process is None:
        return None
    if process.state is State.FATAL:
        return f"it cannot be started: {process.trouble}"
    if process.state is State.EXITED and process.exit_status in HOPELESS:
        return last_words.said(last_life(lines)) or f"it ended with exit code {process.exit_status}"
    if launches.short_lives >= CRASH_LOOP:
        words = last_words.said(lines) or _tail(lines)
        return f"it has died {launches.short_lives} times in a row" + (f": {words}" if words else "")
    return None


def last_life(lines: Sequence[str]) -> Sequence[str]:
    """The lines since the last start."""
    return list(itertools.takewhile(lambda line: not is_start(line), reversed(lines)))[::-1]


def is_start(line: str) -> bool:
    """Whether a line is the mark of a start, which is for us to read and not for a person."""
    return (last_words.ours(line) or {}).get("platformctl") == "start"


def detail(process: Process | None, launches: Launches, who: str) -> str:
    """What a process that is not ready is doing, in words."""
    what = _doing(process)
    return f"{who} {what}" + (f", restarted {launches.restarts} times" if launches.restarts else "")


def _doing(process: Process | None) -> str:
    if process is None:
        return "has not been started"
    if process.runs:
        return "is loading" if process.state is not State.STOPPING else "is stopping"
    return "is being started again" if process.state is State.BACKOFF else "does not run"


def _tail(lines: Sequence[str]) -> str:
    return " / ".join(line.strip() for line in lines[-_SHOWN_LINES:] if line.strip())
