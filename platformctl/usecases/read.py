"""Status, list, history, logs and diff: they read, and change nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from platformctl.domain.counts import Counts
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import NotFound, Unreachable
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Observed, Scope, Severity, Summary
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import Record
from platformctl.plan import health
from platformctl.rollout import Deploy
from platformctl.usecases.change import existing
from platformctl.usecases.deploy import plan_deploy
from platformctl.usecases.progress import Progress, progress
from platformctl.usecases.request import DeployRequest
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
    # Who changes something records that first, so that at rest nobody need be asked.
    holder = world.lease.holder(name) if health.is_under_way(observed, now) else None
    problems = list(health.problems(observed, holder, now))
    try:
        counts = world.counters.read(name, list(observed.revisions))
    except Unreachable as error:
        counts = None
        problems.append(Finding(Severity.ERROR, f"no figures: {error}", hint=error.hint or ""))
    return Status(name, observed, counts, problems, now, progress(observed, now))


def deployments(world: World, scope: Scope) -> Sequence[Summary]:
    """The deployments in scope, by name."""
    return world.target.list(scope)


def history(world: World, name: Name) -> Sequence[Record]:
    """What has happened to a deployment, oldest first.

    Raises:
        NotFound: There is no such deployment.
    """
    return existing(world, name).rollout.history


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


@dataclass(frozen=True)
class Difference:
    """One field that is not as the spec says.

    Args:
        field: Its path.
        live: What it is, or "" if it is not there.
        wanted: What the spec says.
    """

    field: str
    live: str
    wanted: str


def diff(world: World, request: DeployRequest) -> Sequence[Difference]:
    """Say where a deployment differs from its spec; nothing if it is true."""
    planned = plan_deploy(world, replace(request, retry=True), check=False)  # a rejected one differs too
    rollout = planned.observed.rollout
    current = rollout.stable
    if rollout.candidate and rollout.candidate.revision.id == planned.choice.revision.id:
        current = rollout.candidate.revision
    live = _flat(_revision_fields(current)) | _flat(_settings(rollout.wanted)) if current else {}
    wanted_spec = request.spec or rollout.wanted
    wanted = _flat(_revision_fields(planned.choice.revision)) | _flat(_settings(wanted_spec))
    share = planned.observed.route.share(planned.choice.revision.id)
    goal = planned.share if isinstance(planned.event, Deploy) else share
    live["traffic"], wanted["traffic"] = f"{share} %", f"{goal} %"
    fields = sorted(live.keys() | wanted.keys())
    found = [Difference(field, live.get(field, ""), wanted.get(field, "")) for field in fields]
    return [difference for difference in found if difference.live != difference.wanted]


def _revision_fields(revision: Revision) -> Mapping[str, object]:
    dumped = revision.model_dump(mode="json", exclude={"model": {"info"}})
    return {"revision": str(revision.id), **dumped}


def _settings(wanted: ModelDeployment | None) -> Mapping[str, object]:
    return wanted.spec.model_dump(mode="json", include={"scaling", "keep", "promotion"}) if wanted else {}


def _flat(value: object, path: str = "") -> dict[str, str]:
    """Flatten nested mappings to dotted paths."""
    if not isinstance(value, Mapping):
        return {} if value is None else {path: str(value)}
    flat: dict[str, str] = {}
    for key, inner in value.items():
        flat |= _flat(inner, f"{path}.{key}" if path else str(key))
    return flat
