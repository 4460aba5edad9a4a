"""What transitions are made of: each gives another state. Pure."""

from collections.abc import Sequence
from datetime import datetime

from platformctl.domain.names import RevisionId
from platformctl.domain.rollout import HISTORY_LIMIT, Candidate, Cause, Phase, Record, Rejection, Rollout
from platformctl.domain.route import WHOLE
from platformctl.rollout import automatic

DETAIL_LIMIT = 1000
"""Characters of a line of history, or of a reason: the state is one annotation on a cluster, of 256 KiB."""


def aim(rollout: Rollout, candidate: Candidate) -> Rollout:
    """Set the candidate, and the phase that its share and goal mean. A share shrinks at once."""
    share = min(candidate.share, candidate.goal)
    if share == 0:
        phase = Phase.PREPARING
    elif share < candidate.goal:
        phase = Phase.SHIFTING
    else:
        phase = Phase.CANARY
    aimed = candidate.model_copy(update={"share": share})
    return rollout.model_copy(update={"phase": phase, "candidate": aimed})


def weighted(rollout: Rollout, now: datetime) -> Rollout:
    """The same, with new weights since now."""
    if rollout.auto is None:
        return rollout
    return rollout.model_copy(update={"auto": automatic.on_weights(rollout.auto, now)})


def drop_candidate(rollout: Rollout, reason: str, now: datetime) -> Rollout:
    """Give everything back to stable. A candidate that had no share yet is not held against itself."""
    candidate = candidate_of(rollout)
    rejected = rollout.rejected
    if candidate.share and candidate.cause is Cause.DEPLOY:
        rejected = reject(rollout, candidate.revision.id, reason, now)
    return rollout.model_copy(
        update={
            "phase": Phase.STEADY if rollout.stable else Phase.EMPTY,
            "candidate": None,
            "wanted": candidate.replaces or rollout.wanted,
            "rejected": rejected,
            "alias_on_promotion": None,
            "auto": None,
        }
    )


def give_back(rollout: Rollout, because: str) -> Rollout:
    """Prepare the revision that served before, warm as it is, to take everything again."""
    back = Candidate(
        revision=rollout.previous[0],
        goal=WHOLE,
        cause=Cause.ROLLBACK,
        replaces=rollout.wanted,
        because=because,
        resumes=rollout.auto,
    )
    return aim(rollout.model_copy(update={"staging": None, "auto": None}), back)


def reject(rollout: Rollout, revision: RevisionId, reason: str, now: datetime) -> tuple[Rejection, ...]:
    """Hold a revision back: nobody but a person tries it again. Of the last one alone the spec is kept."""
    others = tuple(r.model_copy(update={"wanted": None}) for r in rollout.rejected if r.revision != revision)
    last = Rejection(revision=revision, reason=reason[:DETAIL_LIMIT], at=now, wanted=rollout.wanted)
    return (*others, last)[-HISTORY_LIMIT:]


def note(
    rollout: Rollout, now: datetime, event: str, revision: RevisionId | None, detail: str = ""
) -> Rollout:
    """The same, with one more line of history. Of what happens over and over only the last time is kept."""
    record = Record(at=now, event=event, revision=revision, detail=detail[:DETAIL_LIMIT])
    history = rollout.history[:-2] if _is_again(record, rollout.history) else rollout.history
    return rollout.model_copy(update={"history": (*history, record)[-HISTORY_LIMIT:]})


_IN_TURNS = {("no figures", "figures are back"), ("failed", "failed")}
"""What a source that comes and goes, and a version that nothing can take over from, note at each look."""


def _is_again(record: Record, history: Sequence[Record]) -> bool:
    match history:
        case [*_, before, between] if (record.event, between.event) in _IN_TURNS:
            return (before.event, before.revision) == (record.event, record.revision)
        case _:
            return False


def candidate_of(rollout: Rollout) -> Candidate:
    """Of a phase that has one."""
    if rollout.candidate is None:  # the table leads here only from phases that have one
        raise AssertionError(f"phase {rollout.phase} without a candidate")
    return rollout.candidate
