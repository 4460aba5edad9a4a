"""What is due in a state. Each is idempotent: done twice is done once."""

from dataclasses import dataclass

from platformctl.domain.revision import Revision
from platformctl.domain.rollout import AliasMove


@dataclass(frozen=True)
class Prepare:
    """Make the revision live, with the capacity that `goal` percent of the requests need."""

    revision: Revision
    goal: int


@dataclass(frozen=True)
class Await:
    """Wait until the revision is ready for `goal` percent; answers Ready or Failed.

    Args:
        serves: Whether it has weight already, so that being unready is a failure and not a start.
    """

    revision: Revision
    goal: int
    serves: bool


@dataclass(frozen=True)
class Settle:
    """Give the revision the scale that the spec says, whatever it was lifted to for a shift."""

    revision: Revision


@dataclass(frozen=True)
class MoveAlias:
    """Move an alias in the registry; answers AliasMoved."""

    move: AliasMove


@dataclass(frozen=True)
class Sweep:
    """Drain and remove every live revision that the state does not retain."""


@dataclass(frozen=True)
class Forget:
    """Drop the record of the deployment; nothing of it is live any more."""


Action = Prepare | Await | Settle | MoveAlias | Sweep | Forget
