"""Decisions of a deployment, pure: which version, what a request changes, when a revision is ready."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platformctl.domain.deployment import ModelDeployment, ModelSource
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.names import RevisionId
from platformctl.domain.observed import Finding, Observed, RevisionStatus, Severity
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Phase, Rollout
from platformctl.domain.route import WHOLE
from platformctl.domain.scaling import DEFAULT_CPU, Scaling
from platformctl.domain.version_ref import Alias, Exact, Folder, Newest, VersionRef
from platformctl.rollout import Deploy, Event, Respec, Resume, staging

UNREADY_LIMIT = timedelta(seconds=10)
"""A candidate with weight none of whose replicas answers for so long is rolled back without any metric."""

CRASH_LIMIT = 3
"""A candidate without weight that has crashed so often will not get ready."""


MEASURED_AFTER = timedelta(seconds=60)
"""After which an autoscaler has seen what a new share means: it looks every 15 s, at averages of metrics that
are taken every 15 s. Before that, one was seen to take away three of four replicas with all the requests."""


@dataclass(frozen=True)
class Lookup:
    """One way to find a version, and the rule that leads to it.

    Args:
        ref: What to ask the registry for.
        rule: Why, in words.
        optional: Whether the next lookup is tried if there is no such thing.
        by_command: Whether the command line says so, and not the spec.
    """

    ref: VersionRef
    rule: str
    optional: bool = False
    by_command: bool = False


def lookups(
    source: ModelSource, override: VersionRef | None, *, first: bool, canary: bool
) -> Sequence[Lookup]:
    """Say which version is meant, as lookups to try in order; none: the version that serves stays.

    Args:
        source: The spec's `model`.
        override: What the command line says.
        first: Whether nothing serves yet.
        canary: Whether a canary was asked for on the command line.
    """
    if override is not None:
        return [Lookup(override, "as the command says", by_command=True)]
    pinned = _pinned(source)
    if pinned is not None:
        return [pinned]
    if canary or first:
        alias = "challenger" if canary else "champion"
        return [Lookup(Alias(alias), f"alias {alias}", optional=True), _NEWEST]
    return []


def _pinned(source: ModelSource) -> Lookup | None:
    """The version that the spec itself names."""
    if source.path is not None:
        return Lookup(Folder(source.path), "spec.model.path")
    if source.version is not None:
        return Lookup(Exact(source.version), "spec.model.version")
    if source.alias is not None:
        return Lookup(Alias(source.alias), f"spec.model.alias, {source.alias}")
    return None


_NEWEST = Lookup(Newest(), "the newest READY version")


def goal(wanted: ModelDeployment, rollout: Rollout, canary: int | None) -> int:
    """Say which share, in percent, the wanted revision is to have.

    Raises:
        SpecError: A canary was asked for by the command, and nothing serves.
    """
    if rollout.stable is not None:
        return canary or wanted.spec.canary or WHOLE
    if canary is not None:
        raise SpecError(
            "a canary takes a share of what serves, and nothing serves yet",
            field="--canary",
            hint=f"platformctl deploy {wanted.name}, then platformctl deploy {wanted.name} --canary {canary}",
        )
    return WHOLE


def decide(rollout: Rollout, wanted: ModelDeployment, revision: Revision, share: int) -> Event | None:
    """Say what `deploy` does to a deployment; None: it is true already.

    Args:
        rollout: How it is.
        wanted: The spec.
        revision: What the spec means, pinned.
        share: The goal in percent.
    """
    candidate = rollout.candidate
    respec = Respec(wanted) if rollout.wanted != wanted else None
    if rollout.stable and rollout.stable.id == revision.id:
        return respec
    if candidate and candidate.revision.id == revision.id and candidate.goal == share:
        if rollout.phase is Phase.CANARY:
            return respec
        return respec or Resume()
    return Deploy(wanted, revision, share)


def refuse_rejected(rollout: Rollout, revision: RevisionId) -> None:
    """Refuse a revision that was rolled back.

    Raises:
        Refused: It was; the message says when and why.
    """
    rejection = rollout.rejection(revision)
    if rejection is None:
        return
    raise Refused(
        f"{revision} was rejected at {rejection.at:%Y-%m-%d %H:%M:%S} UTC: {rejection.reason}",
        hint="name another version with --version N, or try it again with --retry",
    )


def capacity(scaling: Scaling, revision: RevisionId, stable_replicas: int, share: int) -> Scale:
    """Say which scale a revision needs before it gets `share` percent: what stable has for that share.

    Args:
        scaling: The spec's.
        revision: Which one.
        stable_replicas: The replicas that stable has now; 0 if nothing serves.
        share: Percent.
    """
    scale = settled(scaling, revision)
    needed = -(-stable_replicas * share // WHOLE)
    minimum = max(scale.minimum, needed)
    return scale.model_copy(update={"minimum": minimum, "maximum": max(scale.maximum, minimum)})


def settled(scaling: Scaling, revision: RevisionId) -> Scale:
    """The scale that the spec says for that revision."""
    maximum = scaling.max or scaling.min
    says_nothing = (scaling.cpu, scaling.memory, scaling.prometheus) == (None, None, None)
    by_cpu = DEFAULT_CPU if says_nothing and maximum > scaling.min else scaling.cpu
    return Scale(
        minimum=scaling.min,
        maximum=maximum,
        cpu=by_cpu,
        memory=scaling.memory,
        prometheus=scaling.prometheus.of(revision) if scaling.prometheus else None,
    )


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


def stable_replicas(observed: Observed) -> int:
    """The replicas that stable has now; 0 if nothing serves."""
    stable = observed.rollout.stable
    status = observed.revisions.get(stable.id) if stable else None
    return status.replicas if status else 0


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


def leftovers(observed: Observed) -> Sequence[RevisionId]:
    """The live revisions that the state does not retain."""
    retained = {revision.id for revision in observed.rollout.retained}
    return [revision for revision in observed.revisions if revision not in retained]


def is_unfinished(observed: Observed) -> bool:
    """Whether an interrupted command left something to be done that needs no decision."""
    alias_is_due = observed.rollout.alias_move is not None
    return bool(leftovers(observed)) or alias_is_due or _is_unsettled(observed)


def _is_unsettled(observed: Observed) -> bool:
    """Whether a revision is scaled otherwise than the spec says. Within its bounds it scales itself."""
    rollout = observed.rollout
    return rollout.wanted is not None and any(
        _differs(status, scale(rollout, revision)) for revision, status in observed.revisions.items()
    )


def _differs(status: RevisionStatus, scale: Scale) -> bool:
    told_otherwise = status.scale not in (None, scale)
    return told_otherwise or not scale.minimum <= status.replicas <= scale.maximum


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
