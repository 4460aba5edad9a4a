"""What is due without a decision: the replicas of live revisions, and what was left behind."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Observed, RevisionStatus
from platformctl.domain.revision import Scale
from platformctl.domain.rollout import BY_HAND, Cause, Rollout
from platformctl.domain.scaling import Scaling
from platformctl.plan.capacity import settled
from platformctl.rollout import staging

MEASURED_AFTER = timedelta(seconds=60)
"""After which an autoscaler has seen what a new share means: it looks every 15 s, at averages of metrics that
are taken every 15 s. Before that, one was seen to take away three of four replicas with all the requests."""


def scale(rollout: Rollout, revision: RevisionId) -> Scale:
    """The scale that a live revision is to have in that state: the spec's, or its part of scarce GPUs."""
    scaling = rollout.wanted.spec.scaling if rollout.wanted else Scaling()
    return staging.scale(rollout, revision, settled(scaling, revision))


def unseen_for(observed: Observed, revision: RevisionId, scale: Scale, now: datetime) -> timedelta:
    """How long a revision is to keep the replicas that it got for its share; zero: it need not.

    Args:
        observed: The deployment.
        revision: One that is live.
        scale: The scale that it is to have then.
        now: The time, in UTC.
    """
    status, rollout = observed.revisions[revision], observed.rollout
    is_lifted = status.scale is not None and status.scale.minimum > scale.minimum
    scales_itself = status.bounds is not None and scale.maximum > scale.minimum
    if not (is_lifted and scales_itself and observed.route.share(revision) and rollout.since):
        return timedelta()
    return max(timedelta(), rollout.since + MEASURED_AFTER - now)


def goes_on_by_itself(rollout: Rollout) -> bool:
    """Whether nobody has to say a word: it decides by itself, or has so decided and is on its way back."""
    candidate = rollout.candidate
    goes_back = candidate is not None and candidate.cause is Cause.ROLLBACK and candidate.because != BY_HAND
    return rollout.auto is not None or goes_back


def leftovers(observed: Observed) -> Sequence[RevisionId]:
    """The live revisions that the state does not retain."""
    retained = {revision.id for revision in observed.rollout.retained}
    return [revision for revision in observed.revisions if revision not in retained]


def is_unfinished(observed: Observed) -> bool:
    """Whether an interrupted command left something to be done that needs no decision."""
    return is_behind(observed) or is_left(observed)


def is_behind(observed: Observed) -> bool:
    """Whether other weights are served than those that are recorded."""
    return observed.served is not None and observed.served != observed.route


def is_left(observed: Observed) -> bool:
    """Whether something else was left to be done."""
    alias_is_due = observed.rollout.alias_move is not None
    return bool(leftovers(observed)) or alias_is_due or _is_unsettled(observed)


def _is_unsettled(observed: Observed) -> bool:
    """Whether a revision is scaled otherwise than the spec says. Within its bounds it scales itself."""
    rollout = observed.rollout
    return rollout.wanted is not None and any(
        _differs(status, scale(rollout, revision)) for revision, status in observed.revisions.items()
    )


def _differs(status: RevisionStatus, scale: Scale) -> bool:
    told_otherwise = status.scale is not None and not scale.is_met_by(status.scale)
    is_within = status.asleep or scale.minimum <= status.replicas <= scale.maximum
    return told_otherwise or not is_within
