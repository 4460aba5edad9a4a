"""Whether there is room for what is to be made: asked before anything is; in stages if a person agrees."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.names import Name
from platformctl.domain.observed import Finding, Observed, Severity
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.rollout import Staging
from platformctl.plan import capacity
from platformctl.rollout import Deploy, staging
from platformctl.usecases.drive import drive
from platformctl.usecases.driven import Driven
from platformctl.usecases.world import World

_FIELD = "spec.resources.gpu"
_LEAST = 2
"""Replicas: one that serves, one that gets ready."""


@dataclass(frozen=True)
class Stages:
    """How a revision gets its share where it has to share the GPUs with what serves.

    Args:
        staging: What there is.
        shares: Percent, one step after another; the last one is the goal.
        missing: How many replicas there are too few meanwhile, at worst.
    """

    staging: Staging
    shares: tuple[int, ...]
    missing: int

    @property
    def finding(self) -> Finding:
        """What a person should know before it begins."""
        whole, steps = self.staging.replicas, ", ".join(f"{share} %" for share in self.shares)
        lack = (
            f"{self.missing} of {whole} replicas are missing meanwhile" if self.missing else "none is missing"
        )
        text = (
            f"there are GPUs for {self.staging.room} replicas in all: what serves gets fewer as the other "
            f"gets more, in steps of {steps}; {lack}, and no revision is kept warm"
        )
        return Finding(Severity.WARNING if self.missing else Severity.INFO, text, _FIELD)


def stages(world: World, observed: Observed, revision: Revision, goal: int) -> Stages | None:
    """How the revision gets to `goal` percent with the GPUs that there are; None: there are enough.

    Raises:
        Refused: There is room for one replica in all, or the two want other GPUs.
    """
    rollout = observed.rollout
    stable, wanted = rollout.stable, rollout.wanted
    if stable is None or wanted is None or revision.resources.gpus is None:
        return None
    if not world.target.capabilities(revision.deployment).scales_in_place:
        raise Refused(
            "GPUs cannot be shared in stages here: another scale starts servers anew, which takes GPUs too",
            hint="leave --gpu-shift out: platformctl says what fits; in Standard mode they can be shared",
        )
    room, candidate = world.target.room(revision), rollout.candidate
    again = candidate is not None and candidate.revision.id == revision.id
    before = rollout.staging.replicas if rollout.staging and again else 0
    replicas = max(1, wanted.spec.scaling.min, capacity.stable_replicas(observed), before)
    if room is None or room >= replicas * (_LEAST + wanted.spec.keep):
        return None
    if stable.resources.gpus != revision.resources.gpus:
        raise Refused(
            f"{revision.id} wants other GPUs than {stable.id}: one replica less of that makes no room for it",
            hint="platformctl deploy without --gpu-shift says what fits",
        )
    if room < _LEAST:
        raise Refused(
            f"there are GPUs for {room} replica in all, and {stable.id} serves: a shift needs {_LEAST}",
            hint="add a node; or, with an interruption: "
            f"platformctl delete {revision.deployment}, and deploy it anew",
        )
    shared = Staging(replicas=replicas, room=room)
    share = candidate.share if candidate and again else 0
    return Stages(shared, staging.shares(shared, share, goal), staging.missing(shared, share, goal))


def check(
    world: World, observed: Observed, wanted: ModelDeployment, revision: Revision, goal: int
) -> tuple[Finding, ...]:
    """What speaks against a revision with the capacity that `goal` percent need."""
    replicas = capacity.stable_replicas(observed)
    return tuple(
        world.target.check(revision, capacity.for_share(wanted.spec.scaling, revision.id, replicas, goal))
    )


def check_staged(
    world: World, wanted: ModelDeployment, revision: Revision, how: Stages
) -> tuple[Finding, ...]:
    """The same where it is to share the GPUs."""
    return (*check_sharing(world, wanted, revision), how.finding)


def check_sharing(world: World, wanted: ModelDeployment, revision: Revision) -> tuple[Finding, ...]:
    """The same where it shares them: whether there is room for more is not asked."""
    scale: Scale = capacity.settled(wanted.spec.scaling, revision.id)
    return tuple(world.target.check(revision, scale.model_copy(update={"shared": True})))


def in_stages(world: World, name: Name, event: Deploy, how: Stages, observed: Observed) -> Driven:
    """Drive a revision to its goal, a step after another. Each ends in a canary, so it may end at any.

    Raises:
        DeadlinePassed: It was still getting ready for a step; it keeps the share of the one before.
    """
    driven = Driven(observed)
    for number, share in enumerate(how.shares, 1):
        if len(how.shares) > 1:
            world.say(f"step {number} of {len(how.shares)}: {share} %")
        driven = drive(world, name, replace(event, goal=share, staging=how.staging), driven.observed)
        if driven.failed or driven.unprepared:
            break
    return driven


def refuse(findings: Sequence[Finding]) -> None:
    """Stop where a finding is an error.

    Raises:
        SpecError: One is; the message has them all.
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if not errors:
        return
    first, *others = errors
    message = "\n".join([first.message, *(f"{other.field}: {other.message}" for other in others)])
    raise SpecError(message, field=first.field or None, hint=first.hint or None)
