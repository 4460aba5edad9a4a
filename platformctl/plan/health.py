"""What is wrong with a deployment."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from platformctl.domain.automatic import Automatic, Stop
from platformctl.domain.durations import shown, span
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Finding, Observed, Severity
from platformctl.domain.rollout import Phase, Rollout
from platformctl.plan.upkeep import goes_on_by_itself, is_behind, is_left
from platformctl.rollout import automatic

UNWATCHED = timedelta(minutes=1)
"""Who drives a rollout looks at it every few seconds; after so long without, nobody seems to."""


def is_under_way(observed: Observed, now: datetime) -> bool:
    """Whether something was begun and not finished: by somebody who is at it, or was interrupted."""
    return is_behind(observed) or bool(_interrupted(observed, None, now))


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
        *_stopped(observed, now),
        *_interrupted(observed, holder, now),
    ]


def _unready(observed: Observed, revision: RevisionId, now: datetime) -> Finding | None:
    status = observed.revisions.get(revision)
    if status and (status.is_ready or (status.asleep and status.failure is None)):
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


def _stopped(observed: Observed, now: datetime) -> Sequence[Finding]:
    """Why a rollout that decides by itself does not go on, and what to do about it."""
    rollout = observed.rollout
    auto, name = rollout.auto, rollout.wanted.name if rollout.wanted else "NAME"
    if auto is None:
        return []
    found = []
    if auto.pause is not None:
        severity = Severity.INFO if auto.pause.why is Stop.ASKED else Severity.WARNING
        hint = f"platformctl rollout resume {name} goes on; platformctl rollout abort {name} takes it back"
        found.append(Finding(severity, automatic.paused(auto.pause), hint=hint))
    if auto.trouble is not None:
        text = f"nothing moves, as its figures are missing: {auto.trouble}"
        hint = f"it goes on when they are back; platformctl rollout abort {name} takes it back"
        found.append(Finding(Severity.WARNING, text, hint=hint))
    held = auto.stepped is not None and now - auto.stepped >= span(auto.step.hold)
    if auto.step.gate == "manual" and not auto.approved and held and not auto.bakes:
        text = f"a person is to approve the step after {auto.step.weight} %"
        found.append(Finding(Severity.INFO, text, hint=f"platformctl rollout approve {name}"))
    return found


def _unwatched(rollout: Rollout, now: datetime) -> Sequence[Finding]:
    """Whether nobody seems to drive a rollout that goes on by itself, and how it goes on then."""
    signs = [sign for sign in (rollout.since, *_signs(rollout.auto)) if sign is not None]
    gone = now - max(signs, default=now)
    if gone < UNWATCHED:
        return []
    name = rollout.wanted.name if rollout.wanted else "NAME"
    hint = f"platformctl rollout resume {name} --wait goes on; platformctl rollout abort {name} takes it back"
    candidate = rollout.candidate
    if candidate is not None and not candidate.share:
        text = f"{candidate.revision.id} has been getting ready for {candidate.goal} % for {shown(gone)}"
        return [Finding(Severity.WARNING, text, hint=hint)]
    is_blind = rollout.auto is None or rollout.auto.trouble or not any(rollout.auto.policy.rates())
    text = f"nobody has looked at its figures for {shown(gone)}, so nothing moves"
    return [] if is_blind else [Finding(Severity.WARNING, text, hint=hint)]


def _signs(auto: Automatic | None) -> Sequence[datetime | None]:
    """When somebody was at it: who drives it notes when its figures were read."""
    if auto is None:
        return []
    reading = auto.evidence.reading
    return [auto.began, auto.stepped, reading.at if reading else None]


def _interrupted(observed: Observed, holder: str | None, now: datetime) -> Sequence[Finding]:
    rollout = observed.rollout
    if holder:
        return [Finding(Severity.INFO, f"being changed by {holder}")]
    if goes_on_by_itself(rollout):
        return _unwatched(rollout, now)
    name = rollout.wanted.name if rollout.wanted else "NAME"
    candidate = rollout.candidate
    if rollout.phase in {Phase.PREPARING, Phase.SHIFTING} and candidate:
        text = f"{candidate.revision.id} was on its way to {candidate.goal} % when that was interrupted"
        hint = f"platformctl deploy {name} goes on; platformctl rollback {name} drops it"
        return [Finding(Severity.WARNING, text, hint=hint)]
    if rollout.phase is Phase.DELETING:
        hint = f"platformctl delete {name} finishes that"
        return [Finding(Severity.WARNING, "a deletion was interrupted", hint=hint)]
    if is_left(observed):  # who is merely behind is told by the target, with who has done that
        move = rollout.alias_move
        text = "an interrupted command left something to be done"
        if move is not None:
            text = f"the alias {move.alias} of {move.model} is not moved to version {move.version} yet"
        return [Finding(Severity.WARNING, text, hint=f"platformctl prune {name} finishes that")]
    return []
