"""What can happen to a deployment: what a person asks for, and what was seen of its candidate."""

from collections.abc import Sequence
from dataclasses import dataclass

from platformctl.domain.automatic import Evidences
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.gates import Verdict
from platformctl.domain.names import RevisionId
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import AliasMove, Staging


@dataclass(frozen=True)
class Deploy:
    """`revision` is to have `goal` percent; what was a candidate before is superseded.

    With `auto` it goes on from there by itself; `goal` is one of its steps then. `remark` goes into the
    history.
    """

    wanted: ModelDeployment
    revision: Revision
    goal: int
    staging: Staging | None = None
    auto: RolloutPolicy | None = None
    remark: str = ""


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
class Looked:
    """The figures of a rollout that decides by itself were looked at.

    Args:
        revision: Whose.
        evidence: What is known now; None: nothing could be learned.
        verdicts: One a gate.
        requests: How many it has answered since the last look.
        trouble: Why nothing could be learned.
    """

    revision: RevisionId
    evidence: Evidences | None
    verdicts: Sequence[Verdict] = ()
    requests: int = 0
    trouble: str | None = None


@dataclass(frozen=True)
class Pause:
    """A rollout that decides by itself is to go no further; that a gate fails counts all the same."""

    by: str = ""


@dataclass(frozen=True)
class Continue:
    """A rollout that was paused is to go on; after a gate that failed it is judged anew."""


@dataclass(frozen=True)
class Approve:
    """A person lets a rollout go on from the step at `weight` percent."""

    weight: int


@dataclass(frozen=True)
class AliasMoved:
    """The registry's alias was moved, and read back."""


@dataclass(frozen=True)
class Delete:
    """The deployment and all its revisions are to go."""


@dataclass(frozen=True)
class Resume:
    """Nothing new: whatever is due is to be done."""


Event = (
    Deploy
    | Respec
    | Promote
    | Rollback
    | Ready
    | Failed
    | Looked
    | Pause
    | Continue
    | Approve
    | AliasMoved
    | Delete
    | Resume
)
