"""What can happen to a deployment: what a person asks for, and what was seen of its candidate."""

from dataclasses import dataclass

from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.names import RevisionId
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import AliasMove, Staging


@dataclass(frozen=True)
class Deploy:
    """`revision` is to have `goal` percent; what was a candidate before is superseded."""

    wanted: ModelDeployment
    revision: Revision
    goal: int
    staging: Staging | None = None


@dataclass(frozen=True)
class Respec:
    """The spec changed in a way that makes no new revision: scaling, `keep`, what a promotion does."""

    wanted: ModelDeployment


@dataclass(frozen=True)
class Promote:
    """The candidate is to have everything."""

    alias_move: AliasMove | None = None
    staging: Staging | None = None


@dataclass(frozen=True)
class Rollback:
    """Back to stable, if there is a candidate; else to `to`, or to the newest previous revision."""

    to: Revision | None = None


@dataclass(frozen=True)
class Ready:
    """The candidate is ready for its goal: the replicas answer, and a prediction came through."""

    revision: RevisionId


@dataclass(frozen=True)
class Failed:
    """The candidate will not get ready, or does not stay so."""

    revision: RevisionId
    reason: str


@dataclass(frozen=True)
class AliasMoved:
    """The registry's alias was moved, and read back."""


@dataclass(frozen=True)
class Delete:
    """The deployment and all its revisions are to go."""


@dataclass(frozen=True)
class Resume:
    """Nothing new: whatever is due is to be done."""


Event = Deploy | Respec | Promote | Rollback | Ready | Failed | AliasMoved | Delete | Resume
