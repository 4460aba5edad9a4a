"""Say how far a rollout is that decides by itself, and what it waits for. Reads, and changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from platformctl.domain.automatic import Automatic
from platformctl.domain.gates import Verdict
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Observed, Severity
from platformctl.domain.progress import Waiting
from platformctl.domain.rollout import Record, Rollout
from platformctl.judge.verdicts import verdicts
from platformctl.plan import health
from platformctl.rollout.moves import candidate_of
from platformctl.usecases.existing import existing
from platformctl.usecases.waiting import is_over, waiting
from platformctl.usecases.world import World


@dataclass(frozen=True)
class Progress:
    """How far one is.

    Args:
        revision: The new version.
        stable: What it is compared with; None: it serves alone, and is watched.
        share: Of the requests, in percent, that the new version has now.
        auto: What is recorded of it.
        verdicts: One a gate, from all that is known.
        waits: What it waits for, or why nothing moves.
        looked: When its figures were last read; None: not yet at this share.
    """

    revision: RevisionId
    stable: RevisionId | None
    share: int
    auto: Automatic
    verdicts: Sequence[Verdict]
    waits: str
    looked: datetime | None


@dataclass(frozen=True)
class RolloutStatus:
    """How the rollout of a deployment is.

    Args:
        progress: None: none decides by itself now.
        last: What became of the last one, or of the last canary; None: nothing has.
        problems: What is wrong with the deployment, worst first.
        at: When that was, in UTC.
    """

    name: Name
    progress: Progress | None
    last: Record | None
    problems: Sequence[Finding]
    at: datetime


def rollout_status(world: World, name: Name) -> RolloutStatus:
    """Say how the rollout of a deployment is.

    Raises:
        NotFound: There is no such deployment.
    """
    return _status(world, name, existing(world, name))


def _status(world: World, name: Name, observed: Observed) -> RolloutStatus:
    now = world.clock.now()
    last = next((r for r in reversed(observed.rollout.history) if r.event in _ENDS), None)
    return RolloutStatus(name, progress(observed, now), last, problems(world, name, observed, now), now)


def problems(world: World, name: Name, observed: Observed, now: datetime) -> Sequence[Finding]:
    """What is wrong with a deployment, worst first.

    Who changes something records that first, so that at rest nobody need be asked who is at it.
    """
    holder = world.lease.holder(name) if health.is_under_way(observed, now) else None
    return health.problems(observed, holder, now)


def await_end(world: World, name: Name) -> RolloutStatus:
    """Wait until the rollout has ended, or is paused. Drives nothing: somebody else has to.

    Raises:
        NotFound: There is no such deployment.
    """
    began, told = world.clock.now(), set[str]()
    while True:
        observed = existing(world, name)
        found = _status(world, name, observed)
        if is_over(observed.rollout):
            return found
        _warn(world, found.problems, told)
        elapsed = (found.at - began).total_seconds()
        world.reporter.event(Waiting(*_awaited(found.progress, observed.rollout), elapsed, None))
        world.clock.sleep(_POLL_SECONDS)


def _warn(world: World, findings: Sequence[Finding], told: set[str]) -> None:
    """Tell what is wrong once each: it may be that nobody drives it. Messages count seconds, hints do not."""
    for problem in findings:
        if problem.severity is not Severity.INFO and problem.hint not in told:
            world.warn(problem.message, problem.hint)
            told.add(problem.hint)


def _awaited(known: Progress | None, rollout: Rollout) -> tuple[RevisionId, str]:
    """Which revision is waited for, and what it waits for."""
    if known is not None:
        return known.revision, known.waits
    back = candidate_of(rollout).revision.id
    return back, "it gets ready to take all requests again"


def progress(observed: Observed, now: datetime) -> Progress | None:
    """How far it is; None: no rollout decides by itself."""
    rollout = observed.rollout
    auto, judged, stable = rollout.auto, rollout.judged, rollout.stable
    if auto is None or judged is None or stable is None:
        return None
    reading = auto.evidence.reading
    return Progress(
        revision=judged.id,
        stable=None if auto.bakes else stable.id,
        share=observed.route.share(judged.id),
        auto=auto,
        verdicts=verdicts(auto),
        waits=waiting(rollout, now),
        looked=reading.at if reading else None,
    )


_POLL_SECONDS = 1.0
_ENDS = {"finished", "failed", "rollback", "promote", "superseded", "unwatched"}
