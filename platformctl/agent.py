"""The agent of the local target: goes on with rollouts that decide by themselves when no command does.

    python -m platformctl.agent HOME

It is a program of the stack, and ends when there is nothing left to do. It may be killed at any moment: all
that it knows is recorded, but for how long a revision has been seen to answer nobody. It writes a line for
each thing that is decided or done, with the time in UTC.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from platformctl.adapters.local.agent import Duty, Means
from platformctl.adapters.local.home import Home
from platformctl.domain.errors import Conflict, PlatformctlError, Refused, Unreachable
from platformctl.domain.names import Name
from platformctl.domain.progress import Event, Said, Warned
from platformctl.usecases.attending import Attendant
from platformctl.usecases.automatic import LOOK_SECONDS
from platformctl.usecases.world import World
from platformctl.wiring import agent as wiring

AGAIN = 75
"""The exit code after which it is to be started again: EX_TEMPFAIL."""


@dataclass
class Log:
    """A line for each event, unless it says the same as the one before about the same."""

    stream: TextIO
    _last: dict[str, str] = field(default_factory=dict)

    def write(self, about: str, text: str) -> None:
        """Write a line."""
        if self._last.get(about) != text:
            self._last[about] = text
            self.stream.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {about}: {text}\n")
            self.stream.flush()


@dataclass(frozen=True)
class LogReporter:
    """What is said of one deployment; that something is waited for is no line."""

    log: Log
    name: Name

    def event(self, event: Event) -> None:
        """Write what was decided or done."""
        match event:
            case Said(text):
                self.log.write(self.name, text)
            case Warned(text, hint):
                self.log.write(self.name, f"warning: {text}" + (f"; hint: {hint}" if hint else ""))
            case _:
                pass


class Rounds:
    """One look at everything after the other.

    Args:
        home: Whose stack.
        log: Where it says what it does.
    """

    def __init__(self, home: Home, log: Log) -> None:
        self._home, self._log = home, log
        self._duty = Duty(home)
        self._attendant = Attendant(self._open)
        self._parent = os.getppid()
        self._means: dict[Name, Means] = {}

    def run(self) -> int:
        """Go round until there is nothing left to do; return the exit code."""
        try:
            with self._duty.taken():
                return self._go_round()
        except Conflict:
            self._log.write("agent", "another one is on duty")
            return 0

    def _go_round(self) -> int:
        self._log.write("agent", f"on duty (process {os.getpid()})")
        while (gone := self._gone()) is None:
            try:
                if self._once():
                    self._log.write("agent", "nothing is left to do")
                    return 0
            except PlatformctlError as error:
                self._log.write("agent", str(error))
                if type(error) is Refused:  # a newer platformctl wrote the state, and this is another
                    return AGAIN
            time.sleep(LOOK_SECONDS)
        self._log.write("agent", gone)
        return 0

    def _gone(self) -> str | None:
        """What is not there any more without which there is nothing to do; None: all is there."""
        if os.getppid() != self._parent:
            return "supervisord is gone"
        return None if self._home.root.is_dir() else f"{self._home.root} is gone"

    def _once(self) -> bool:
        """Give every deployment its turn; say whether there is nothing left to do."""
        due = self._duty.due()
        agenda = self._duty.agenda()
        for name, rollout in due.items():
            if self._means.get(name) != agenda.get(name):  # another command has committed it
                self._attendant.forget(name)
            self._try(name, partial(self._attendant.attend, name, rollout))
        for name in agenda:
            if name not in due:
                self._try(name, partial(self._tidy, name))
        return not self._duty.due() and self._duty.leave()

    def _tidy(self, name: Name) -> None:
        """What nobody but a person can do is none of the agent's duties."""
        try:
            if not self._attendant.tidy(name):
                return
        except (Conflict, Unreachable):
            raise
        except PlatformctlError as error:
            self._log.write(name, str(error))
        self._duty.is_done(name)

    def _try(self, name: Name, work: Callable[[], None]) -> None:
        """Do it. What goes wrong with one must not hold up the others."""
        try:
            work()
        except Conflict:
            pass  # it is tried again
        except PlatformctlError as error:
            self._log.write(name, str(error))
        except Exception:  # noqa: BLE001 - the next turn may go well, and the others' are due
            self._log.write(name, traceback.format_exc())

    def _open(self, name: Name) -> World:
        means = self._duty.agenda().get(name)
        self._means.pop(name, None)
        if means is not None:
            self._means[name] = means
        return wiring.world(self._home, name, means or Means(), LogReporter(self._log, name))


def main() -> None:
    """Run the agent of the home that the first argument names."""
    signal.signal(signal.SIGTERM, _end)
    sys.exit(Rounds(Home.at(Path(sys.argv[1])), Log(sys.stdout)).run())


def _end(_: int, __: object) -> None:
    """End as if all was done: what is half done is gone on with by the next one."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
