"""The transition table. Everything that may happen in a phase is in `TABLE`; the rest is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from platformctl.domain.errors import Refused
from platformctl.domain.rollout import Phase, Rollout
from platformctl.rollout import changes, turns
from platformctl.rollout.actions import Action, Await, Forget, MoveAlias, Prepare, Settle, Sweep
from platformctl.rollout.events import (
    AliasMoved,
    Approve,
    Continue,
    Delete,
    Deploy,
    Event,
    Failed,
    Looked,
    Pause,
    Promote,
    Ready,
    Respec,
    Resume,
    Rollback,
)
from platformctl.rollout.moves import candidate_of


@dataclass(frozen=True)
class Step:
    """What the state becomes, and what is due in it."""

    rollout: Rollout
    actions: Sequence[Action]


@dataclass(frozen=True)
class Transition:
    """What an event does in a phase.

    Args:
        apply: The new state, but for what `step` keeps for all (since).
        to: The phases it can lead to; the diagram is drawn from it.
    """

    apply: Callable[[Rollout, Any, datetime], Rollout]
    to: tuple[Phase, ...]


def step(rollout: Rollout, event: Event, now: datetime) -> Step:
    """Apply one event.

    Args:
        rollout: The state as it was committed.
        event: What happened.
        now: The time, in UTC.

    Returns:
        The new state (the same object if nothing changed), and everything that is due in it.

    Raises:
        Refused: The event has no place in this phase; the message says why.
    """
    try:
        changed = _applied(rollout, event, now)
    except Refused as error:
        if error.hint and rollout.wanted:
            error.hint = error.hint.replace("NAME", rollout.wanted.name)
        raise
    if changed.phase is not rollout.phase:
        changed = changed.model_copy(update={"since": now})
    return Step(changed, due(changed))


def _applied(rollout: Rollout, event: Event, now: datetime) -> Rollout:
    transition = TABLE.get((rollout.phase, type(event)))
    if transition is None:
        raise _refusal(rollout, event)
    return transition.apply(rollout, event, now)


def due(rollout: Rollout) -> Sequence[Action]:
    """Everything that is due in a state, in order. Depends on the state alone, so it can be resumed."""
    alias = [MoveAlias(rollout.alias_move)] if rollout.alias_move else []
    match rollout.phase:
        case Phase.EMPTY:
            return [Sweep()]
        case Phase.DELETING:
            return [Sweep(), Forget()]
        case Phase.PREPARING | Phase.SHIFTING:
            if rollout.is_held:
                return [*alias, Sweep()]
            candidate = candidate_of(rollout)
            wait = Await(candidate.revision, candidate.goal, serves=candidate.share > 0)
            makes_room = [Settle(rollout.stable)] if rollout.staging and rollout.stable else []
            return [*alias, Sweep(), *makes_room, Prepare(candidate.revision, candidate.goal), wait]
        case Phase.STEADY | Phase.CANARY:
            return [*alias, *(Settle(revision) for revision in rollout.retained), Sweep()]


def _refusal(rollout: Rollout, event: Event) -> Refused:
    if rollout.phase is Phase.DELETING:
        return Refused("it is being deleted", hint="platformctl delete NAME finishes that")
    if isinstance(event, Promote):
        return Refused("there is no canary to promote", hint="platformctl deploy NAME --canary 10")
    if isinstance(event, Rollback):
        return Refused("nothing serves, so there is nothing to go back from", hint="platformctl deploy NAME")
    if isinstance(event, Pause | Continue | Approve):
        return turns.unasked(rollout)
    return Refused(f"{type(event).__name__.lower()} has no place while it is {rollout.phase}")


_P = Phase
_ASKED = (_P.PREPARING, _P.SHIFTING, _P.CANARY)
_BACK = (_P.EMPTY, _P.STEADY, _P.PREPARING)

TABLE: Mapping[tuple[Phase, type[Event]], Transition] = {
    (_P.EMPTY, Deploy): Transition(changes.deploy, (_P.PREPARING,)),
    (_P.EMPTY, Delete): Transition(changes.delete, (_P.DELETING,)),
    (_P.EMPTY, Resume): Transition(changes.stay, (_P.EMPTY,)),
    (_P.PREPARING, Deploy): Transition(changes.deploy, (_P.PREPARING,)),
    (_P.PREPARING, Respec): Transition(changes.respec, (_P.PREPARING,)),
    (_P.PREPARING, Promote): Transition(changes.promote, (_P.PREPARING,)),
    (_P.PREPARING, Ready): Transition(changes.ready, (_P.CANARY, _P.STEADY)),
    (_P.PREPARING, Failed): Transition(changes.failed, (_P.EMPTY, _P.STEADY)),
    (_P.PREPARING, Rollback): Transition(changes.abort, _BACK),
    (_P.PREPARING, Looked): Transition(turns.unready, (_P.PREPARING, _P.STEADY)),
    (_P.PREPARING, Pause): Transition(turns.pause, (_P.PREPARING,)),
    (_P.PREPARING, Continue): Transition(turns.go_on, (_P.PREPARING,)),
    (_P.PREPARING, Approve): Transition(turns.approve, (_P.PREPARING,)),
    (_P.PREPARING, AliasMoved): Transition(changes.alias_moved, (_P.PREPARING,)),
    (_P.PREPARING, Delete): Transition(changes.delete, (_P.DELETING,)),
    (_P.PREPARING, Resume): Transition(changes.stay, (_P.PREPARING,)),
    (_P.STEADY, Deploy): Transition(changes.deploy, (_P.PREPARING,)),
    (_P.STEADY, Respec): Transition(changes.respec, (_P.STEADY,)),
    (_P.STEADY, Rollback): Transition(changes.go_back, (_P.PREPARING,)),
    (_P.STEADY, Failed): Transition(turns.failed_alone, (_P.PREPARING,)),
    (_P.STEADY, Looked): Transition(turns.looked, (_P.STEADY, _P.PREPARING)),
    (_P.STEADY, Pause): Transition(turns.pause, (_P.STEADY,)),
    (_P.STEADY, Continue): Transition(turns.go_on, (_P.STEADY,)),
    (_P.STEADY, AliasMoved): Transition(changes.alias_moved, (_P.STEADY,)),
    (_P.STEADY, Delete): Transition(changes.delete, (_P.DELETING,)),
    (_P.STEADY, Resume): Transition(changes.stay, (_P.STEADY,)),
    (_P.CANARY, Deploy): Transition(changes.deploy, _ASKED),
    (_P.CANARY, Respec): Transition(changes.respec, (_P.CANARY,)),
    (_P.CANARY, Promote): Transition(changes.promote, (_P.SHIFTING,)),
    (_P.CANARY, Failed): Transition(changes.failed, (_P.STEADY,)),
    (_P.CANARY, Rollback): Transition(changes.abort, (_P.STEADY, _P.PREPARING)),
    (_P.CANARY, Looked): Transition(turns.looked, (_P.CANARY, _P.SHIFTING, _P.STEADY)),
    (_P.CANARY, Pause): Transition(turns.pause, (_P.CANARY,)),
    (_P.CANARY, Continue): Transition(turns.go_on, (_P.CANARY,)),
    (_P.CANARY, Approve): Transition(turns.approve, (_P.CANARY,)),
    (_P.CANARY, AliasMoved): Transition(changes.alias_moved, (_P.CANARY,)),
    (_P.CANARY, Delete): Transition(changes.delete, (_P.DELETING,)),
    (_P.CANARY, Resume): Transition(changes.stay, (_P.CANARY,)),
    (_P.SHIFTING, Deploy): Transition(changes.deploy, _ASKED),
    (_P.SHIFTING, Respec): Transition(changes.respec, (_P.SHIFTING,)),
    (_P.SHIFTING, Promote): Transition(changes.promote, (_P.SHIFTING,)),
    (_P.SHIFTING, Ready): Transition(changes.ready, (_P.CANARY, _P.STEADY)),
    (_P.SHIFTING, Failed): Transition(changes.failed, (_P.STEADY,)),
    (_P.SHIFTING, Rollback): Transition(changes.abort, (_P.STEADY, _P.PREPARING)),
    (_P.SHIFTING, Looked): Transition(turns.looked, (_P.SHIFTING, _P.STEADY)),
    (_P.SHIFTING, Pause): Transition(turns.pause, (_P.SHIFTING,)),
    (_P.SHIFTING, Continue): Transition(turns.go_on, (_P.SHIFTING,)),
    (_P.SHIFTING, Approve): Transition(turns.approve, (_P.SHIFTING,)),
    (_P.SHIFTING, AliasMoved): Transition(changes.alias_moved, (_P.SHIFTING,)),
    (_P.SHIFTING, Delete): Transition(changes.delete, (_P.DELETING,)),
    (_P.SHIFTING, Resume): Transition(changes.stay, (_P.SHIFTING,)),
    (_P.DELETING, Delete): Transition(changes.stay, (_P.DELETING,)),
    (_P.DELETING, Resume): Transition(changes.stay, (_P.DELETING,)),
}
