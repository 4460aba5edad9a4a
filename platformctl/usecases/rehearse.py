"""Say what deploy, promote, rollback, prune and delete would change. Nothing is changed here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Observed
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import AliasMove, Rollout
from platformctl.plan import capacity
from platformctl.rollout import (
    AliasMoved,
    Await,
    Delete,
    Deploy,
    Event,
    MoveAlias,
    Prepare,
    Promote,
    Ready,
    Respec,
    Resume,
    Rollback,
    step,
)
from platformctl.usecases import contract
from platformctl.usecases.change import (
    Promotion,
    alias_move,
    is_interrupted_rollback,
    plan_promotion,
    prunable,
    recorded,
)
from platformctl.usecases.deploy import DeployPlan, plan_deploy
from platformctl.usecases.existing import existing
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.revise import Choice
from platformctl.usecases.world import World


@dataclass(frozen=True)
class Rehearsal:
    """What would be changed.

    Args:
        changes: A line each; none: nothing would.
        findings: What the target says of revisions that would have to be prepared.
    """

    changes: Sequence[str]
    findings: Sequence[Finding] = ()


@dataclass(frozen=True)
class Foreseen:
    """How it ends if all goes well.

    Args:
        rollout: The state then.
        prepared: The revisions that are made ready on the way.
        moves: The aliases that are moved.
    """

    rollout: Rollout
    prepared: tuple[Revision, ...] = ()
    moves: tuple[AliasMove, ...] = ()


def foresee(rollout: Rollout, event: Event, now: datetime) -> Foreseen:
    """Take an event and all that follow from it, as if every revision got ready. Pure.

    Raises:
        Refused: The event has no place in the deployment's phase.
    """
    prepared: list[Revision] = []
    moves: list[AliasMove] = []
    following: Event | None = event
    while following is not None:
        taken = step(rollout, following, now)
        rollout, following = taken.rollout, None
        for action in taken.actions:
            match action:
                case Prepare(revision):
                    prepared.append(revision)
                case MoveAlias(move):
                    moves.append(move)
                    following = AliasMoved()
                    break
                case Await(revision):
                    following = Ready(revision.id)
                    break
    return Foreseen(rollout, tuple(prepared), tuple(moves))


def rehearse_deploy(world: World, request: DeployRequest, *, check: bool) -> tuple[DeployPlan, Rehearsal]:
    """What `deploy` would change, and the revision that it is about.

    Raises:
        SpecError, NotFound, Refused: The request cannot be met; the message says why.
    """
    planned = plan_deploy(world, request, check=check)
    if planned.event is None:
        return planned, Rehearsal((), planned.findings)
    held = contract.hold(world, planned.observed.rollout, planned.event, request.allow_breaking)
    event = planned.event
    if planned.stages is not None and isinstance(event, Deploy):
        event = replace(event, staging=planned.stages.staging)
    foreseen = foresee(planned.observed.rollout, event, world.clock.now())
    in_place = [_IN_PLACE] if isinstance(planned.event, Respec) else []
    lines = changes(planned.observed, foreseen)
    told = [_with_rule(line, planned.choice) for line in lines]
    return planned, Rehearsal([*in_place, *told], (*held.findings, *planned.findings))


_IN_PLACE = "change scaling, keep, promotion or rollout in place"


def _with_rule(line: str, choice: Choice) -> str:
    """Say with the revision that is prepared by which rule it was chosen."""
    return f"{line} ({choice.rule})" if line == f"prepare {choice.revision.id}" else line


def rehearse_promote(
    world: World, name: Name, alias: str | None, *, check: bool, staged: bool = False
) -> Rehearsal:
    """What `promote` would change.

    Raises:
        Refused: There is no canary.
    """
    observed = existing(world, name)
    promotion = plan_promotion(world, observed, staged=staged) if check else Promotion()
    shared = promotion.stages.staging if promotion.stages else None
    seen = _rehearse(world, name, Promote(alias_move(observed.rollout, alias), shared), check=check)
    return replace(seen, findings=[*seen.findings, *promotion.findings])


def rehearse_rollback(world: World, name: Name, to: RevisionId | None, *, check: bool) -> Rehearsal:
    """What `rollback` would change.

    Raises:
        Refused: There is nothing to go back to.
        NotFound: The revision named is not recorded.
    """
    observed = existing(world, name)
    interrupted = is_interrupted_rollback(observed) and to is None
    event = Resume() if interrupted else Rollback(recorded(observed.rollout, to))
    return _rehearse(world, name, event, check=check)


def rehearse_delete(world: World, name: Name) -> Rehearsal:
    """What `delete` would change."""
    existing(world, name)
    return _rehearse(world, name, Delete(), check=False)


def rehearse_prune(world: World, name: Name, keep: int | None) -> Rehearsal:
    """What `prune` would remove."""
    surplus = prunable(existing(world, name), keep)
    return Rehearsal([f"remove {revision}" for revision in surplus])


def _rehearse(world: World, name: Name, event: Event, *, check: bool) -> Rehearsal:
    observed = world.target.observe(name)
    foreseen = foresee(observed.rollout, event, world.clock.now())
    missing = {r.id: r for r in foreseen.prepared if r.id not in observed.revisions}
    wanted = foreseen.rollout.wanted
    findings = [
        found
        for revision in missing.values()
        if check and wanted
        for found in world.target.check(revision, capacity.settled(wanted.spec.scaling, revision.id))
    ]
    return Rehearsal(changes(observed, foreseen), findings)


def changes(observed: Observed, foreseen: Foreseen) -> Sequence[str]:
    """What differs between now and then, a line each. Pure."""
    before, after = observed.route, foreseen.rollout.route
    retained = {revision.id for revision in foreseen.rollout.retained}
    prepared = dict.fromkeys(r.id for r in foreseen.prepared if r.id not in observed.revisions)
    routed = dict.fromkeys((*before.weights, *after.weights))
    return [
        *(f"prepare {revision}" for revision in prepared),
        *(
            f"traffic of {revision}: {before.share(revision)} % to {after.share(revision)} %"
            for revision in routed
            if before.share(revision) != after.share(revision)
        ),
        *(f"move alias {m.alias} of {m.model} to version {m.version}" for m in foreseen.moves),
        *(f"remove {revision}" for revision in observed.revisions if revision not in retained),
    ]
