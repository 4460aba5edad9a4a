"""Make a spec true."""

from dataclasses import dataclass

from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Spec
from platformctl.domain.errors import SpecError
from platformctl.domain.observed import Finding, Observed
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.rollout import Phase, Rollout
from platformctl.plan import lookup, policies, steps
from platformctl.rollout import Deploy, Event, Resume
from platformctl.usecases import contract, room
from platformctl.usecases.drive import drive, finish_interrupted
from platformctl.usecases.outcome import Outcome, concluded
from platformctl.usecases.overrides import Overrides, overridden
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.revise import Choice, revise
from platformctl.usecases.room import Stages
from platformctl.usecases.world import World


@dataclass(frozen=True)
class DeployPlan:
    """What `deploy` would do, and why; nothing has been changed.

    Args:
        event: What happens to the deployment; None: it is true already.
        choice: The revision, and the rule that chose its version.
        share: Its goal in percent.
        findings: What the target says of it, and what of the spec has no effect now.
        observed: How the deployment is now.
        stages: How it shares the GPUs; None: it has its own.
    """

    event: Event | None
    choice: Choice
    share: int
    findings: tuple[Finding, ...]
    observed: Observed
    stages: Stages | None = None


def plan_deploy(world: World, request: DeployRequest, *, check: bool = True) -> DeployPlan:
    """Say what `deploy` would do. Changes nothing.

    Raises:
        SpecError, NotFound, Refused: The request cannot be met; the message says why.
    """
    observed = world.target.observe(request.name)
    rollout = observed.rollout
    _refuse_collision(request, rollout)
    wanted = _wanted(request, rollout)
    if _goes_on(request, rollout) and rollout.candidate:
        choice = Choice(rollout.candidate.revision, "it was on its way when that was interrupted")
        return DeployPlan(Resume(), choice, rollout.candidate.goal, (), observed)
    share = steps.goal(wanted, rollout, request.canary)
    ways = lookup.lookups(
        wanted.spec.model,
        request.version,
        first=rollout.stable is None,
        canary=request.canary is not None or (bool(request.auto) and rollout.stable is not None),
    )
    choice = revise(world, wanted, ways, rollout)
    auto = _policy(request, wanted, rollout)
    event = steps.decide(rollout, wanted, choice.revision, share, auto)
    share = event.goal if isinstance(event, Deploy) else share
    if isinstance(event, Deploy) and not request.retry:
        steps.refuse_rejected(rollout, choice.revision.id)
    stages = None
    if request.staged and isinstance(event, Deploy):
        stages = room.stages(world, observed, choice.revision, share)
    findings: tuple[Finding, ...] = ()
    if check and event is not None and stages is not None:
        findings = room.check_staged(world, wanted, choice.revision, stages)
    elif check and isinstance(event, Resume) and rollout.staging is not None:
        findings = room.check_sharing(world, wanted, choice.revision)
    elif check and event is not None:
        findings = room.check(world, observed, wanted, choice.revision, share)
    findings = (
        *findings,
        *steps.unheeded(rollout, wanted, choice.revision, event),
        *steps.remade(rollout, wanted, event, world.target.capabilities(request.name)),
    )
    return DeployPlan(event, choice, share, findings, observed, stages)


def deploy(world: World, request: DeployRequest) -> Outcome:
    """Make the spec true.

    Raises:
        Refused: It would break callers of what serves; the hint says what lets it through.
        NotReady: The revision did not get ready; the deployment is as it was.
        DeadlinePassed: It was still getting ready when the time was up.
        Conflict: Somebody else is at work on the deployment.
    """
    name = request.name
    with world.only_us(name):
        finish_interrupted(world, name)
        planned = plan_deploy(world, request)
        revision = planned.choice.revision
        world.say(f"{revision.model.label} ({planned.choice.rule}) is {revision.id}")
        room.refuse(planned.findings)
        held = contract.hold(world, planned.observed.rollout, planned.event, request.allow_breaking)
        contract.settle(world, held)
        _foretell(world, request, held.event)
        for finding in planned.findings:
            world.tell(finding)
        if held.event is None:
            return Outcome(name, changed=False, text=_already(planned), observed=planned.observed)
        if planned.stages is not None and isinstance(held.event, Deploy):
            driven = room.in_stages(world, name, held.event, planned.stages, planned.observed)
        else:
            driven = drive(world, name, held.event, planned.observed)
        return concluded(world, name, driven, f"{revision.id} has {_share(driven.observed, planned)} %")


def _foretell(world: World, request: DeployRequest, event: Event | None) -> None:
    """Say by which steps a new version takes over, or that none does."""
    if not isinstance(event, Deploy):
        return
    if event.auto is not None:
        for line in policies.told(event.auto):
            world.say(line)
    elif request.auto:
        world.say("nothing serves yet: it takes all requests once it is ready; the next one goes by steps")


def _wanted(request: DeployRequest, rollout: Rollout) -> ModelDeployment:
    """The spec that was given, else the recorded one, else the default; with what the command says."""
    source = ModelSource(name=request.model)
    default = ModelDeployment(metadata=Metadata(name=request.name), spec=Spec(model=source))
    return overridden(request.spec or rollout.wanted or default, request.overrides)


def _policy(request: DeployRequest, wanted: ModelDeployment, rollout: Rollout) -> RolloutPolicy | None:
    auto = False if request.canary is not None else request.auto
    policy = steps.policy(wanted, rollout, auto=auto)
    if policy is not None and request.staged:
        raise SpecError(
            "a rollout that decides by itself does not share GPUs between two revisions",
            field="--gpu-shift",
            hint="--no-auto: a person decides then",
        )
    return policy


def _goes_on(request: DeployRequest, rollout: Rollout) -> bool:
    """Whether the command names nothing new while something was interrupted on its way."""
    names_nothing = request.spec is None and request.version is None and request.canary is None
    names_nothing = names_nothing and request.overrides == Overrides()
    names_nothing = names_nothing and request.auto in {None, rollout.auto is not None}
    return names_nothing and rollout.phase in {Phase.PREPARING, Phase.SHIFTING} and rollout.stable is not None


def _refuse_collision(request: DeployRequest, rollout: Rollout) -> None:
    there = rollout.wanted
    if request.model is None or there is None or there.model_name == request.model:
        return
    raise SpecError(
        f"{request.model!r} would be deployed as {there.name}, which serves {there.model_name!r} already",
        field="metadata.name",
        hint="give the deployment a name of its own: a spec file with metadata.name and spec.model.name",
    )


def _already(planned: DeployPlan) -> str:
    candidate = planned.observed.rollout.candidate
    revision = planned.choice.revision.id
    if candidate and candidate.revision.id != revision:
        return (
            f"{revision} serves already; {candidate.revision.id} goes on as a canary at {candidate.share} %"
        )
    return f"{revision} has {planned.observed.route.share(revision)} % already"


def _share(observed: Observed, planned: DeployPlan) -> int:
    return observed.route.share(planned.choice.revision.id)
