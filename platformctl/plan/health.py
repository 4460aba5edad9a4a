"""When a candidate has failed, and what is wrong with a deployment."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Finding, Observed, RevisionStatus, Severity
from platformctl.domain.rollout import Phase
from platformctl.plan.upkeep import is_unfinished

UNREADY_LIMIT = timedelta(seconds=10)
"""A candidate with weight none of whose replicas answers for so long is rolled back without any metric."""

CRASH_LIMIT = 3
"""A candidate without weight that has crashed so often will not get ready."""


def failure(status: RevisionStatus | None, *, serves: bool, unready_for: timedelta) -> str | None:
    """Say why a candidate has failed, or None while there is hope.

    Args:
        status: How it is; None: it is not there at all.
        serves: Whether it has weight.
        unready_for: How long no replica of it has been seen to answer.
    """
    if status is None:
        return "it is not there any more"
    if status.failure:
        return status.failure
    if serves and not status.answers and unready_for >= UNREADY_LIMIT:
        seconds = int(unready_for.total_seconds())
        return f"it was not ready for {seconds} s" + (f": {status.detail}" if status.detail else "")
    if not serves and status.restarts >= CRASH_LIMIT:
        return f"it crashed {status.restarts} times" + (f": {status.detail}" if status.detail else "")
    return None


def is_under_way(observed: Observed) -> bool:
    """Whether something was begun and not finished: by somebody who is at it, or was interrupted."""
    return bool(_interrupted(observed, None))


def problems(observed: Observed, holder: str | None, now: datetime) -> Sequence[Finding]:
    """Say what is wrong with a deployment, worst first.

    Args:
        observed: How it is.
        holder: Who is changing it now, if anybody is.
        now: The time, in UTC.
    """
    found = [_unready(observed, revision, now) for revision in observed.route.weights]
    return [
        *(finding for finding in found if finding),
        *observed.findings,
        *_interrupted(observed, holder),
    ]


def _unready(observed: Observed, revision: RevisionId, now: datetime) -> Finding | None:
    status = observed.revisions.get(revision)
    if status and status.is_ready:
        return None
    if status and status.answers:
        text = f"{revision} has {status.ready} of {status.replicas} replicas ready"
        return Finding(Severity.WARNING, text + (f": {status.detail}" if status.detail else ""))
    name = observed.rollout.wanted.name if observed.rollout.wanted else "NAME"
    candidate = observed.rollout.candidate
    is_canary = candidate is not None and candidate.revision.id == revision
    what = f"{'canary' if is_canary else 'stable'} {revision} is not ready"
    since = f" for {int((now - status.since).total_seconds())} s" if status and status.since else ""
    why = (status.failure or status.detail) if status else "it is not there"
    hint = f"platformctl rollback {name}" if is_canary else f"platformctl logs {name}"
    return Finding(Severity.ERROR, f"{what}{since}" + (f": {why}" if why else ""), hint=hint)


def _interrupted(observed: Observed, holder: str | None) -> Sequence[Finding]:
    rollout = observed.rollout
    if holder:
        return [Finding(Severity.INFO, f"being changed by {holder}")]
    name = rollout.wanted.name if rollout.wanted else "NAME"
    candidate = rollout.candidate
    if rollout.phase in {Phase.PREPARING, Phase.SHIFTING} and candidate:
        text = f"{candidate.revision.id} was on its way to {candidate.goal} % when that was interrupted"
        hint = f"platformctl deploy {name} goes on; platformctl rollback {name} drops it"
        return [Finding(Severity.WARNING, text, hint=hint)]
    if rollout.phase is Phase.DELETING:
        hint = f"platformctl delete {name} finishes that"
        return [Finding(Severity.WARNING, "a deletion was interrupted", hint=hint)]
    if is_unfinished(observed):
        hint = f"platformctl prune {name} finishes that"
        return [Finding(Severity.WARNING, "an interrupted command left something to be done", hint=hint)]
    return []
