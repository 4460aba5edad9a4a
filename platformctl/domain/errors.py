"""What can go wrong, split by who has to act.

    PlatformctlError
    ├── SpecError       the request is wrong: a field, a name, a combination   exit 2
    │   └── NotFound    a name that nothing answers to                         exit 2
    ├── Refused         the request is fine, the answer is no                  exit 1
    │   ├── NotReady      a revision failed; the deployment stays as it was
    │   ├── StillServing  a revision with weight cannot be removed
    │   └── StateCorrupt  the state file cannot be read; it was kept aside
    ├── Unreachable     a service is down, slow, or will not let us in         exit 3
    ├── DeadlinePassed  it was still progressing when the time was up          exit 4
    └── Conflict        somebody else is at work on the same deployment        exit 5

Every error says what happened, where (`field`, a path into the spec, an option or a variable), and
what to do (`hint`).
"""

from collections.abc import Sequence
from typing import ClassVar


class PlatformctlError(Exception):
    """The base of all errors that a person is meant to read.

    Args:
        message: One sentence: what happened.
        field: The path of the field, option or variable at fault, if there is one.
        hint: What to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


class SpecError(PlatformctlError):
    """The request itself is wrong; nothing was changed."""

    exit_code = 2


class NotFound(SpecError):
    """A model, version, alias, deployment, revision or file that does not exist."""


class Refused(PlatformctlError):
    """The request was understood and the answer is no."""

    exit_code = 1


class NotReady(Refused):
    """A revision did not get ready, or did not stay so; the deployment is as it was.

    Args:
        log: The last lines that it wrote, oldest first.
    """

    def __init__(self, message: str, *, log: Sequence[str] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.log = tuple(log)


class StillServing(Refused):
    """A revision that has weight cannot be removed."""


class StateCorrupt(Refused):
    """The recorded state cannot be read. The file was kept aside, not overwritten."""


class Unreachable(PlatformctlError):
    """A service did not answer in time, or would not let us in."""

    exit_code = 3


class DeadlinePassed(PlatformctlError):
    """The time was up while it was still progressing."""

    exit_code = 4


class Conflict(PlatformctlError):
    """Somebody else holds or has changed what we were about to change.

    Args:
        owner: Who it is, in words: a process, a user, a field manager.
    """

    exit_code = 5

    def __init__(
        self, message: str, *, owner: str, field: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, field=field, hint=hint)
        self.owner = owner
