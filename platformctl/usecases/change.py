"""Promote, roll back, prune, delete, and watch a canary."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from platformctl.domain.errors import NotFound, Refused, SpecError
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Observed
from platformctl.domain.progress import Waiting
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import AliasMove, Cause, Rollout
from platformctl.domain.route import WHOLE
from platformctl.plan import failing, upkeep
from platformctl.rollout import Delete, Deploy, Event, Failed, Promote, Resume, Rollback, step
from platformctl.usecases import room
from platformctl.usecases.drive import drive, finish_interrupted
from platformctl.usecases.driven import Driven
from platformctl.usecases.existing import existing
from platformctl.usecases.outcome import Outcome, concluded, not_ready, overtaken
from platformctl.usecases.room import Stages
from platformctl.usecases.world import World

_POLL = 0.5


def promote(world: World, name: Name, alias: str | None, *, staged: bool = False) -> Outcome:
    """Give the canary everything.

    `alias` of the registry is moved to its version; None: the one that the spec says, if any. `staged`:
    whether it may share the GPUs with what serves, where there are not enough for both.

    Raises:
        Refused: There is no canary.
        SpecError: There are no GPUs for it.
        NotReady: The canary failed on the way; stable has everything again.
    """
    with world.only_us(name):
        existing(world, name)
        observed = finish_interrupted(world, name).observed
        candidate = observed.rollout.candidate
        if candidate is None:
            raise _nothing_to_promote(name, observed.rollout)
        move = alias_move(observed.rollout, alias)
        driven = _promote(world, name, observed, plan_promotion(world, observed, staged=staged), move)
        return concluded(world, name, driven, f"{candidate.revision.id} has 100 %")


@dataclass(frozen=True)
class Promotion:
    """What speaks against a promotion, and how it shares the GPUs; None: it has its own."""

    findings: tuple[Finding, ...] = ()
    stages: Stages | None = None


def plan_promotion(world: World, observed: Observed, *, staged: bool) -> Promotion:
    """Look whether there are GPUs for the canary to have everything. Changes nothing."""
    candidate, wanted = observed.rollout.candidate, observed.rollout.wanted
    if candidate is None or wanted is None or candidate.revision.resources.gpus is None:
        return Promotion()
    stages = room.stages(world, observed, candidate.revision, WHOLE) if staged else None
    if stages is not None:
        return Promotion((stages.finding,), stages)
    return Promotion(room.check(world, observed, wanted, candidate.revision, WHOLE))


def _promote(
    world: World, name: Name, observed: Observed, promotion: Promotion, move: AliasMove | None
) -> Driven:
    room.refuse(promotion.findings)
    for finding in promotion.findings:
        world.tell(finding)
    candidate, wanted, stages = observed.rollout.candidate, observed.rollout.wanted, promotion.stages
    if stages is None or candidate is None or wanted is None:
        return drive(world, name, Promote(move), observed)
    before = replace(stages, shares=stages.shares[:-1])
    event = Deploy(wanted, candidate.revision, WHOLE)
    driven = room.in_stages(world, name, event, before, observed)
    if driven.failed or driven.unprepared:
        return driven
    return drive(world, name, Promote(move, stages.staging), driven.observed)


def alias_move(rollout: Rollout, alias: str | None) -> AliasMove | None:
    """Say which alias the promotion of the candidate moves, if any.

    Raises:
        Refused: One is asked for, and the candidate is not a registry's version.
    """
    wanted, candidate = rollout.wanted, rollout.candidate
    moved = alias or (wanted.spec.promotion.alias if wanted else None)
    if moved is None or candidate is None:
        return None
    version = candidate.revision.model
    if version.version is None:
        raise Refused(f"{version.uri} is a folder: no registry has an alias for it", hint="leave --alias out")
    return AliasMove(model=version.model, alias=moved, version=version.version)


def rollback(
    world: World, name: Name, to: RevisionId | None = None, *, of: RevisionId | None = None
) -> Outcome:
    """Abort the canary; else go back to the previous revision, or to the one named.

    Args:
        world: The ports.
        name: The deployment.
        to: Which one; None: see above.
        of: The revision that is to be gone back from; None: whichever it is.

    Raises:
        Conflict: It is another one meanwhile.
        Refused: There is nothing to go back to.
        NotFound: The revision named is not recorded.
        SpecError: It is not live any more, and there are no GPUs for it.
    """
    with world.only_us(name):
        seen = existing(world, name)
        if of is not None and _goes_back_from(seen.rollout) != of:
            raise overtaken(name, seen.rollout)
        interrupted = is_interrupted_rollback(seen) and to is None
        observed = finish_interrupted(world, name).observed
        event = Resume() if interrupted else Rollback(recorded(observed.rollout, to))
        _refuse_without_gpus(world, observed, event)
        driven = drive(world, name, event, observed)
        stable = driven.observed.rollout.stable
        return concluded(world, name, driven, f"{stable.id} has 100 %" if stable else "nothing serves")


def _goes_back_from(rollout: Rollout) -> RevisionId | None:
    candidate, stable = rollout.candidate, rollout.stable
    if candidate is not None and candidate.cause is Cause.DEPLOY:
        return candidate.revision.id
    return stable.id if stable is not None else None


def _refuse_without_gpus(world: World, observed: Observed, event: Event) -> None:
    """Look whether there are GPUs for what is gone back to, unless it is live."""
    back = step(observed.rollout, event, world.clock.now()).rollout
    if back.candidate is None or back.wanted is None or back.candidate.revision.id in observed.revisions:
        return
    revision = back.candidate.revision
    if revision.resources.gpus is None:
        return
    try:
        room.refuse(room.check(world, observed, back.wanted, revision, back.candidate.goal))
    except SpecError as error:
        version = revision.model.version
        if version is not None:
            error.hint = f"platformctl deploy {revision.deployment} --version {version} --gpu-shift staged"
        raise


def is_interrupted_rollback(observed: Observed) -> bool:
    """Whether the last thing that was asked for is a rollback of which something is still due.

    Whoever asks for it again wants that one done, and not to go back a step further.
    """
    events = [record.event for record in observed.rollout.history if record.event not in _CONSEQUENCES]
    return events[-1:] == ["rollback"] and upkeep.is_unfinished(observed)


_CONSEQUENCES = {"serves", "alias"}
"""What is noted in a history without anybody having asked for it."""


def recorded(rollout: Rollout, to: RevisionId | None) -> Revision | None:
    """The revision to go back to, by name; None: whichever is the previous one.

    Raises:
        NotFound: It is not recorded.
    """
    if to is None:
        return None
    revision = rollout.known(to)
    if revision is None:
        known = ", ".join(r.id for r in rollout.previous) or "none"
        raise NotFound(f"{to} is not recorded", field="--to", hint=f"previous revisions: {known}")
    return revision


def prune(world: World, name: Name, keep: int | None) -> Outcome:
    """Remove the previous revisions beyond `keep` (default: the spec's), and what was left behind."""
    with world.only_us(name):
        existing(world, name)
        observed = finish_interrupted(world, name).observed
        surplus = prunable(observed, keep)
        for revision in surplus:
            world.say(f"removing {revision}")
            world.target.remove(revision)
        text = f"removed {', '.join(surplus)}" if surplus else "nothing to remove"
        return Outcome(name, changed=bool(surplus), text=text, observed=world.target.observe(name))


def prunable(observed: Observed, keep: int | None) -> Sequence[RevisionId]:
    """The live revisions that `prune` removes."""
    if keep is None:
        return upkeep.leftovers(observed)
    rollout = observed.rollout
    keep = max(keep, 1) if rollout.auto and rollout.auto.bakes else keep  # to go back to at once
    kept = {r.id for r in rollout.previous[:keep]} | set(observed.route.weights)
    if rollout.candidate:
        kept.add(rollout.candidate.revision.id)
    return [revision for revision in observed.revisions if revision not in kept]


def delete(world: World, name: Name) -> Outcome:
    """Remove the deployment and all its revisions."""
    with world.only_us(name):
        existing(world, name)
        driven = drive(world, name, Delete())
        return Outcome(name, changed=True, text=f"{name} is deleted", observed=driven.observed)


def watch(world: World, name: Name, duration: timedelta) -> Observed:
    """Watch a canary for a while; roll it back at once if it stays unready.

    Raises:
        NotReady: It did, and stable has everything again.
    """
    started, watched = world.clock.now(), None
    while True:
        observed, now = world.target.observe(name), world.clock.now()
        candidate = observed.rollout.candidate
        if candidate is None or now - started >= duration:
            return observed
        revision = candidate.revision.id
        status = observed.revisions.get(revision)
        watched = failing.seen(watched, status, now)
        reason = failing.failure(watched, serves=True)
        if reason is not None:
            return _roll_back_failed(world, name, Failed(revision, reason))
        elapsed = (now - started).total_seconds()
        world.reporter.event(Waiting(revision, "watching", elapsed, duration.total_seconds()))
        world.clock.sleep(_POLL)


def _roll_back_failed(world: World, name: Name, failed: Failed) -> Observed:
    with world.only_us(name):
        driven = drive(world, name, failed)
    raise not_ready(world, driven.observed, failed.revision, failed.reason)


def _nothing_to_promote(name: Name, rollout: Rollout) -> Refused:
    stable = f": {rollout.stable.id} has 100 %" if rollout.stable else ""
    return Refused(f"{name} has no canary to promote{stable}", hint=f"platformctl deploy {name} --canary 10")
