"""The transition table. Everything that may happen in a phase is in `TABLE`; the rest is refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from platformctl.domain.errors import Refused
from platformctl.domain.rollout import (
    PREVIOUS_LIMIT,
    Candidate,
    Cause,
    Phase,
    Rollout,
)
from platformctl.domain.route import WHOLE
from platformctl.rollout import turns
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
from platformctl.rollout.moves import aim, candidate_of, drop_candidate, note, reject, weighted


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
    transition = TABLE.get((rollout.phase, type(event)))
    if transition is None:
        raise _refusal(rollout, event)
    changed = transition.apply(rollout, event, now)
    if changed.phase is not rollout.phase:
        changed = changed.model_copy(update={"since": now})
    return Step(changed, due(changed))


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


def _deploy(rollout: Rollout, event: Deploy, now: datetime) -> Rollout:
    """Make the revision the candidate, in place of whoever is; lower its share at once.

    Where nothing serves there is nothing to take a share of: it gets everything.
    """
    if rollout.stable and rollout.stable.id == event.revision.id:
        raise Refused(f"{event.revision.id} is what serves already", hint="platformctl status NAME")
    goal, current = event.goal if rollout.stable else WHOLE, rollout.candidate
    auto = turns.begun(event, goal, now) if event.auto and rollout.stable else None
    replaces = current.replaces if current else rollout.wanted
    detail = f"to {goal} %; {event.remark}" if event.remark else f"to {goal} %"
    rollout = note(rollout, now, "deploy", event.revision.id, detail)
    if rollout.auto and rollout.auto.bakes and rollout.stable:
        rollout = note(rollout, now, "unwatched", rollout.stable.id, f"{event.revision.id} is to be next")
    goes_on = current is not None and current.revision.id == event.revision.id
    rollout = rollout.model_copy(
        update={
            "wanted": event.wanted,
            "rejected": tuple(r for r in rollout.rejected if r.revision != event.revision.id),
            "alias_on_promotion": rollout.alias_on_promotion if goes_on and goal == WHOLE else None,
            "staging": event.staging,
            "auto": auto,
        }
    )
    if current and goes_on:
        rollout = aim(
            rollout, current.model_copy(update={"goal": goal, "cause": Cause.DEPLOY, "resumes": None})
        )
        return weighted(rollout, now) if rollout.phase is Phase.CANARY else rollout
    if current:
        rollout = note(rollout, now, "superseded", current.revision.id, f"by {event.revision.id}")
    return aim(rollout, Candidate(revision=event.revision, goal=goal, replaces=replaces))


def _respec(rollout: Rollout, event: Respec, now: datetime) -> Rollout:
    if event.wanted == rollout.wanted:
        return rollout
    return note(rollout, now, "spec", None, "changed in place").model_copy(update={"wanted": event.wanted})


def _promote(rollout: Rollout, event: Promote, now: datetime) -> Rollout:
    candidate = candidate_of(rollout)
    rollout = note(rollout, now, "promote", candidate.revision.id)
    rollout = rollout.model_copy(
        update={
            "alias_on_promotion": event.alias_move or rollout.alias_on_promotion,
            "staging": event.staging,
            "auto": None,
        }
    )
    return aim(rollout, candidate.model_copy(update={"goal": WHOLE}))


def _ready(rollout: Rollout, event: Ready, now: datetime) -> Rollout:
    """Give the candidate its goal: the only way in which a share grows."""
    candidate = candidate_of(rollout)
    if candidate.revision.id != event.revision or rollout.is_held:
        return rollout
    rollout = note(rollout, now, "serves", event.revision, f"{candidate.goal} %")
    if candidate.goal < WHOLE:
        return weighted(aim(rollout, candidate.model_copy(update={"share": candidate.goal})), now)
    return _take_over(rollout, candidate, now)


def _take_over(rollout: Rollout, candidate: Candidate, now: datetime) -> Rollout:
    """Make the candidate stable. Whom it replaces is kept as previous, or rejected if rolled back.

    An alias that could not be moved to a version yet is not to be, once that is rolled back.
    """
    replaced = rollout.stable
    previous = tuple(r for r in rollout.previous if r.id != candidate.revision.id)
    rejected = tuple(r for r in rollout.rejected if r.revision != candidate.revision.id)
    alias_move = rollout.alias_on_promotion or rollout.alias_move
    if replaced and candidate.cause is Cause.ROLLBACK:
        rejected = reject(rejected, replaced.id, candidate.because, now)
        alias_move = rollout.alias_on_promotion
    elif replaced:
        previous = (replaced, *previous)[:PREVIOUS_LIMIT]
    taken = rollout.model_copy(
        update={
            "phase": Phase.STEADY,
            "stable": candidate.revision,
            "candidate": None,
            "previous": previous,
            "rejected": rejected,
            "alias_move": alias_move,
            "alias_on_promotion": None,
            "auto": None,
        }
    )
    return turns.taken_over(taken, rollout.auto, now) if rollout.auto and replaced else taken


def _failed(rollout: Rollout, event: Failed, now: datetime) -> Rollout:
    candidate = candidate_of(rollout)
    if candidate.revision.id != event.revision:
        return rollout
    dropped = drop_candidate(note(rollout, now, "failed", event.revision, event.reason), event.reason, now)
    return dropped.model_copy(update={"auto": candidate.resumes})


def _abort(rollout: Rollout, event: Rollback, now: datetime) -> Rollout:
    """Take everything from the candidate, at once. A rollback that is under way goes on."""
    candidate = candidate_of(rollout)
    stable = rollout.stable
    if candidate.cause is Cause.ROLLBACK and (event.to is None or event.to.id == candidate.revision.id):
        return rollout
    if event.to and (stable is None or event.to.id != stable.id):
        rollout = note(rollout, now, "rollback", candidate.revision.id, f"to {event.to.id}")
        rollout = drop_candidate(rollout, "rolled back", now)
        target = Candidate(revision=event.to, goal=WHOLE, cause=Cause.ROLLBACK, replaces=rollout.wanted)
        return aim(rollout, target)
    rollout = note(rollout, now, "rollback", candidate.revision.id, f"to {stable.id}" if stable else "")
    return drop_candidate(rollout, "rolled back", now)


def _go_back(rollout: Rollout, event: Rollback, now: datetime) -> Rollout:
    """Prepare a previous revision, warm or not, to take everything."""
    to = event.to or next((r for r in rollout.previous if not rollout.rejection(r.id)), None)
    if to is None:
        raise Refused(
            "there is no previous revision to go back to",
            hint="deploy a version: platformctl deploy NAME --version N",
        )
    if rollout.stable and to.id == rollout.stable.id:
        raise Refused(f"{to.id} is what serves already", hint="platformctl status NAME")
    rollout = note(rollout, now, "rollback", rollout.stable.id if rollout.stable else None, f"to {to.id}")
    rollout = rollout.model_copy(update={"staging": None, "auto": None})
    return aim(rollout, Candidate(revision=to, goal=WHOLE, cause=Cause.ROLLBACK, replaces=rollout.wanted))


def _alias_moved(rollout: Rollout, _: AliasMoved, now: datetime) -> Rollout:
    move = rollout.alias_move
    if move is None:
        return rollout
    rollout = note(rollout, now, "alias", None, f"{move.alias} of {move.model} is version {move.version}")
    return rollout.model_copy(update={"alias_move": None})


def _delete(rollout: Rollout, _: Delete, now: datetime) -> Rollout:
    return note(rollout, now, "delete", None).model_copy(update={"phase": Phase.DELETING, "auto": None})


def _stay(rollout: Rollout, _: Resume, __: datetime) -> Rollout:
    return rollout


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
    (_P.EMPTY, Deploy): Transition(_deploy, (_P.PREPARING,)),
    (_P.EMPTY, Delete): Transition(_delete, (_P.DELETING,)),
    (_P.EMPTY, Resume): Transition(_stay, (_P.EMPTY,)),
    (_P.PREPARING, Deploy): Transition(_deploy, (_P.PREPARING,)),
    (_P.PREPARING, Respec): Transition(_respec, (_P.PREPARING,)),
    (_P.PREPARING, Promote): Transition(_promote, (_P.PREPARING,)),
    (_P.PREPARING, Ready): Transition(_ready, (_P.CANARY, _P.STEADY)),
    (_P.PREPARING, Failed): Transition(_failed, (_P.EMPTY, _P.STEADY)),
    (_P.PREPARING, Rollback): Transition(_abort, _BACK),
    (_P.PREPARING, Pause): Transition(turns.pause, (_P.PREPARING,)),
    (_P.PREPARING, Continue): Transition(turns.go_on, (_P.PREPARING,)),
    (_P.PREPARING, Approve): Transition(turns.approve, (_P.PREPARING,)),
    (_P.PREPARING, AliasMoved): Transition(_alias_moved, (_P.PREPARING,)),
    (_P.PREPARING, Delete): Transition(_delete, (_P.DELETING,)),
    (_P.PREPARING, Resume): Transition(_stay, (_P.PREPARING,)),
    (_P.STEADY, Deploy): Transition(_deploy, (_P.PREPARING,)),
    (_P.STEADY, Respec): Transition(_respec, (_P.STEADY,)),
    (_P.STEADY, Rollback): Transition(_go_back, (_P.PREPARING,)),
    (_P.STEADY, Failed): Transition(turns.failed_alone, (_P.PREPARING,)),
    (_P.STEADY, Looked): Transition(turns.looked, (_P.STEADY, _P.PREPARING)),
    (_P.STEADY, Pause): Transition(turns.pause, (_P.STEADY,)),
    (_P.STEADY, Continue): Transition(turns.go_on, (_P.STEADY,)),
    (_P.STEADY, AliasMoved): Transition(_alias_moved, (_P.STEADY,)),
    (_P.STEADY, Delete): Transition(_delete, (_P.DELETING,)),
    (_P.STEADY, Resume): Transition(_stay, (_P.STEADY,)),
    (_P.CANARY, Deploy): Transition(_deploy, _ASKED),
    (_P.CANARY, Respec): Transition(_respec, (_P.CANARY,)),
    (_P.CANARY, Promote): Transition(_promote, (_P.SHIFTING,)),
    (_P.CANARY, Failed): Transition(_failed, (_P.STEADY,)),
    (_P.CANARY, Rollback): Transition(_abort, (_P.STEADY, _P.PREPARING)),
    (_P.CANARY, Looked): Transition(turns.looked, (_P.CANARY, _P.SHIFTING, _P.STEADY)),
    (_P.CANARY, Pause): Transition(turns.pause, (_P.CANARY,)),
    (_P.CANARY, Continue): Transition(turns.go_on, (_P.CANARY,)),
    (_P.CANARY, Approve): Transition(turns.approve, (_P.CANARY,)),
    (_P.CANARY, AliasMoved): Transition(_alias_moved, (_P.CANARY,)),
    (_P.CANARY, Delete): Transition(_delete, (_P.DELETING,)),
    (_P.CANARY, Resume): Transition(_stay, (_P.CANARY,)),
    (_P.SHIFTING, Deploy): Transition(_deploy, _ASKED),
    (_P.SHIFTING, Respec): Transition(_respec, (_P.SHIFTING,)),
    (_P.SHIFTING, Promote): Transition(_promote, (_P.SHIFTING,)),
    (_P.SHIFTING, Ready): Transition(_ready, (_P.CANARY, _P.STEADY)),
    (_P.SHIFTING, Failed): Transition(_failed, (_P.STEADY,)),
    (_P.SHIFTING, Rollback): Transition(_abort, (_P.STEADY, _P.PREPARING)),
    (_P.SHIFTING, Looked): Transition(turns.looked, (_P.SHIFTING, _P.STEADY)),
    (_P.SHIFTING, Pause): Transition(turns.pause, (_P.SHIFTING,)),
    (_P.SHIFTING, Continue): Transition(turns.go_on, (_P.SHIFTING,)),
    (_P.SHIFTING, Approve): Transition(turns.approve, (_P.SHIFTING,)),
    (_P.SHIFTING, AliasMoved): Transition(_alias_moved, (_P.SHIFTING,)),
    (_P.SHIFTING, Delete): Transition(_delete, (_P.DELETING,)),
    (_P.SHIFTING, Resume): Transition(_stay, (_P.SHIFTING,)),
    (_P.DELETING, Delete): Transition(_stay, (_P.DELETING,)),
    (_P.DELETING, Resume): Transition(_stay, (_P.DELETING,)),
}
