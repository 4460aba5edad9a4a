"""Status, list, history and logs: they read, and change nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from platformctl.domain.counts import Counts
from platformctl.domain.errors import NotFound, Unreachable
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Observed, Scope, Severity, Summary
from platformctl.domain.rollout import Record
from platformctl.usecases.existing import existing
from platformctl.usecases.progress import Progress, problems, progress
from platformctl.usecases.world import World


@dataclass(frozen=True)
class Status:
    """How a deployment is.

    Args:
        counts: Figures a revision; None if their source is down.
        problems: What is wrong, worst first.
        at: When that was, in UTC.
        progress: How far a rollout is that decides by itself; None: none does.
    """

    name: Name
    observed: Observed
    counts: Mapping[RevisionId, Counts] | None
    problems: Sequence[Finding]
    at: datetime
    progress: Progress | None = None

    @property
    def is_degraded(self) -> bool:
        """Whether something that should serve does not."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


def status(world: World, name: Name) -> Status:
    """Say what serves, which versions, which share, and how it fares.

    Raises:
        NotFound: There is no such deployment.
    """
    observed = existing(world, name)
    now = world.clock.now()
    found = list(problems(world, name, observed, now))
    try:
        counts = world.counters.read(name, list(observed.revisions))
    except Unreachable as error:
        counts = None
        found.append(Finding(Severity.ERROR, f"no figures: {error}", hint=error.hint or ""))
    return Status(name, observed, counts, found, now, progress(observed, now))


def deployments(world: World, scope: Scope) -> Sequence[Summary]:
    """The deployments in scope, by name."""
    return world.target.list(scope)


@dataclass(frozen=True)
class History:
    """What has happened to a deployment.

    Args:
        records: Oldest first.
        previous: What a rollback can go back to, newest first, and whether that is live; what is not is made
            anew.
    """

    records: Sequence[Record]
    previous: Mapping[RevisionId, bool]


def history(world: World, name: Name) -> History:
    """What has happened to a deployment, and to what it can go back.

    Raises:
        NotFound: There is no such deployment.
    """
    observed = existing(world, name)
    previous = {revision.id: revision.id in observed.revisions for revision in observed.rollout.previous}
    return History(observed.rollout.history, previous)


def logs(
    world: World, name: str, revision: RevisionId | None, tail: int
) -> Mapping[RevisionId, Sequence[str]]:
    """The last lines of a revision, or of every live one of a deployment.

    `name` may be a revision's too.

    Raises:
        NotFound: There is no such deployment, or nothing is known of the revision.
    """
    if revision is not None:
        return {revision: world.target.logs(revision, tail)}
    observed = world.target.observe(Name(name))
    if observed.revisions:
        return {live: world.target.logs(live, tail) for live in observed.revisions}
    try:
        return {RevisionId(name): world.target.logs(RevisionId(name), tail)}
    except NotFound:
        existing(world, Name(name))
        return {}
