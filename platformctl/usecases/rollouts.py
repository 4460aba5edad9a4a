"""Steer a rollout that decides by itself: pause it, go on, approve a step, abort it, try it again, wait."""

import re
from collections.abc import Callable
from dataclasses import replace

from platformctl.domain.automatic import Automatic, Pause, Stop
from platformctl.domain.errors import Conflict, DeadlinePassed, PlatformctlError, Refused
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.rollout import BY_HAND, Record, Rollout
from platformctl.domain.version_ref import Exact
from platformctl.plan.upkeep import goes_on_by_itself
from platformctl.rollout import Approve, Continue, Event, step
from platformctl.rollout import Pause as Pausing
from platformctl.rollout.automatic import paused
from platformctl.usecases.automatic import drive_to_the_end
from platformctl.usecases.change import rollback
from platformctl.usecases.deploy import plan_deploy
from platformctl.usecases.existing import existing
from platformctl.usecases.outcome import Outcome, not_ready, overtaken
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World


def pause(world: World, name: Name, *, dry: bool = False) -> Outcome:
    """Let it go no further, wherever it has come to by then; that a gate fails counts all the same.

    Args:
        world: The ports.
        name: The deployment.
        dry: Whether only to say what would be recorded.

    Raises:
        Refused: No rollout of it decides by itself.
        Conflict: Somebody else has changed it meanwhile.
    """
    return _steered(world, name, lambda _: Pausing(world.holder), _is_paused, dry=dry)


def resume(world: World, name: Name, *, dry: bool = False) -> Outcome:
    """Let one that is paused go on; after a gate that failed it is judged anew.

    Raises:
        Refused: No rollout of it decides by itself.
        Conflict: Somebody else has changed it meanwhile.
    """
    return _steered(world, name, lambda _: Continue(), _goes_on, dry=dry)


def approve(world: World, name: Name, weight: int | None, *, dry: bool = False) -> Outcome:
    """Let it go on from the step at `weight` percent; None: from the one that it is at.

    Raises:
        Refused: That is not the step that it is at, or no rollout of it decides by itself.
        Conflict: Somebody else has changed it meanwhile.
    """
    return _steered(
        world, name, lambda auto: Approve(auto.step.weight if weight is None else weight), _may_go_on, dry=dry
    )


def abort(world: World, name: Name) -> Outcome:
    """Give everything back to the version that served before, at once.

    Raises:
        Refused: No rollout of it decides by itself.
        Conflict: Somebody else has ended it meanwhile.
    """
    return rollback(world, name, of=judged(name, existing(world, name).rollout))


def judged(name: Name, rollout: Rollout) -> RevisionId:
    """The new version of a rollout that decides by itself, or that goes back by itself.

    Raises:
        Refused: None does.
    """
    if rollout.judged is not None:
        return rollout.judged.id
    if goes_on_by_itself(rollout) and rollout.stable is not None:
        return rollout.stable.id
    hint = f"platformctl deploy {name} --auto begins one"
    if rollout.candidate is not None:
        hint = (
            f"platformctl promote {name}, or rollback: a person decides about {rollout.candidate.revision.id}"
        )
    raise Refused(f"no rollout of {name} decides by itself now", hint=hint)


def again(world: World, name: Name, allow_breaking: tuple[str, ...] = ()) -> DeployRequest:
    """What deploys the version once more that was rolled back last, by the spec it had. Changes nothing.

    Args:
        world: The ports.
        name: The deployment.
        allow_breaking: The fields in which it may break callers.

    Raises:
        Refused: None was, another one is on its way, or it was made by another spec.
    """
    rollout = existing(world, name).rollout
    if rollout.candidate is not None or rollout.auto is not None:
        on_its_way = rollout.candidate.revision.id if rollout.candidate else judged(name, rollout)
        raise Refused(
            f"{on_its_way} is on its way",
            hint=f"platformctl rollout status {name}; platformctl rollout abort {name} takes it back",
        )
    if not rollout.rejected:
        raise Refused(f"no version of {name} was rolled back", hint=f"platformctl deploy {name} --auto")
    last = rollout.rejected[-1]
    revision = last.revision
    version = re.fullmatch(rf"{re.escape(name)}-v(\d+)-[0-9a-f]+", revision)
    request = DeployRequest(
        name,
        spec=last.wanted,
        version=Exact(int(version[1])) if version else None,
        retry=True,
        allow_breaking=allow_breaking,
        auto=True,
    )
    if plan_deploy(world, request, check=False).choice.revision.id != revision:
        raise Refused(
            f"{revision} was made by another spec than the recorded one",
            hint="platformctl deploy -f FILE --auto --retry, with that spec",
        )
    return request


def follow(world: World, name: Name) -> Outcome:
    """Drive it until it has ended, or only a person can decide; tell how it goes.

    Raises:
        NotReady: The new version was rolled back; the message has what the gates said.
        Refused: A gate failed, and it is paused; or a person has rolled it back.
        DeadlinePassed: It is paused: by a person, or at its deadline.
        Conflict: Another version is deployed instead.
        Unreachable: The target does not answer.
    """
    revision = judged(name, existing(world, name).rollout)
    return _ended(world, name, revision, drive_to_the_end(world, name))


def _steered(
    world: World,
    name: Name,
    event: Callable[[Automatic], Event],
    text: Callable[[Name, Automatic], str],
    *,
    dry: bool,
) -> Outcome:
    """Record an event that was decided upon what is seen now. Whoever drives it does what follows.

    A step is approved for what was seen at it; a rollout is paused wherever it has come to meanwhile.
    """
    seen = existing(world, name)
    asked = event(_automatic(name, seen.rollout))
    if dry:
        return _told(
            name, seen, replace(seen, rollout=step(seen.rollout, asked, world.clock.now()).rollout), text
        )
    with world.only_us(name):
        observed = world.target.observe(name)
        is_stale = _moved if isinstance(asked, Approve) else _is_another
        if is_stale(seen.rollout, observed.rollout):
            raise overtaken(name, observed.rollout)
        return _told(name, observed, _recorded(world, name, asked, observed), text)


def _automatic(name: Name, rollout: Rollout) -> Automatic:
    if rollout.auto is not None:
        return rollout.auto
    revision = judged(name, rollout)
    raise Refused(f"{revision} is on its way back already", hint=f"platformctl status {name}")


def _told(name: Name, before: Observed, after: Observed, text: Callable[[Name, Automatic], str]) -> Outcome:
    auto = after.rollout.auto
    said = text(name, auto) if auto is not None else name
    return Outcome(name, after.rollout != before.rollout, said, after)


def _is_another(seen: Rollout, now: Rollout) -> bool:
    """Whether another version is judged now, or none."""
    if seen.auto is None or now.auto is None or seen.judged is None or now.judged is None:
        return True
    return seen.judged.id != now.judged.id


def _moved(seen: Rollout, now: Rollout) -> bool:
    """Whether it is at another step now."""
    if seen.auto is None or now.auto is None or _is_another(seen, now):
        return True
    return (seen.auto.index, seen.auto.bakes) != (now.auto.index, now.auto.bakes)


def _recorded(world: World, name: Name, event: Event, observed: Observed) -> Observed:
    rollout = step(observed.rollout, event, world.clock.now()).rollout
    if rollout == observed.rollout:
        return observed
    try:
        token = world.target.commit(name, rollout.route, rollout, observed.token)
    except Conflict as error:
        raise overtaken(name, world.target.observe(name).rollout) from error
    return replace(observed, rollout=rollout, token=token)


def _is_paused(name: Name, auto: Automatic) -> str:
    return f"{name} is paused at {_at(auto)}"


def _goes_on(name: Name, auto: Automatic) -> str:
    return f"{name} goes on at {_at(auto)}"


def _may_go_on(name: Name, auto: Automatic) -> str:
    once = "" if auto.pause is None else f" once it is resumed: platformctl rollout resume {name}"
    return f"{name} may go on from {auto.step.weight} %{once}"


def _at(auto: Automatic) -> str:
    return "100 %" if auto.bakes else f"{auto.step.weight} %"


def _ended(world: World, name: Name, revision: RevisionId, observed: Observed) -> Outcome:
    rollout = observed.rollout
    is_it = rollout.judged is not None and rollout.judged.id == revision
    if is_it and rollout.auto is not None and rollout.auto.pause is not None:
        raise _pause(name, revision, observed, rollout.auto.pause)
    if rollout.stable is not None and rollout.stable.id == revision and rollout.candidate is None:
        if rollout.alias_move is not None:
            world.warn(
                f"the alias {rollout.alias_move.alias} is not moved yet", f"the next command on {name} does"
            )
        return Outcome(name, changed=True, text=f"{revision} has 100 %", observed=observed)
    raise _lost(world, name, revision, observed)


def _pause(name: Name, revision: RevisionId, observed: Observed, pause: Pause) -> PlatformctlError:
    kind = Refused if pause.why is Stop.FAILED else DeadlinePassed
    return kind(
        f"{revision} has {observed.route.share(revision)} %, and is {paused(pause)}",
        hint=f"platformctl rollout resume {name} goes on, platformctl rollout abort {name} takes it back",
    )


def _lost(world: World, name: Name, revision: RevisionId, observed: Observed) -> PlatformctlError:
    """Why it does not serve: it went back, a person took it back, or another one came instead."""
    rollout = observed.rollout
    rejection = rollout.rejection(revision)
    if rejection is not None and rejection.reason != BY_HAND:
        return not_ready(world, observed, revision, rejection.reason)
    last = _last_of(rollout, revision)
    if last is not None and last.event == "failed":
        return not_ready(world, observed, revision, last.detail)
    if rejection is not None or (last is not None and last.event == "rollback"):
        return Refused(f"{revision} was rolled back by a person", hint=f"platformctl history {name}")
    return overtaken(name, rollout, last)


def _last_of(rollout: Rollout, revision: RevisionId) -> Record | None:
    return next((record for record in reversed(rollout.history) if record.revision == revision), None)
