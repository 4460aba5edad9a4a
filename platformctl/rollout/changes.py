"""What events do to a deployment: each gives another state. Pure.

What they do to a rollout that decides by itself is the subject of `platformctl.rollout.turns`.
"""

from datetime import datetime

from platformctl.domain.errors import Refused
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import PREVIOUS_LIMIT, Candidate, Cause, Phase, Rollout
from platformctl.domain.route import WHOLE
from platformctl.rollout import turns
from platformctl.rollout.events import (
    AliasMoved,
    Delete,
    Deploy,
    Failed,
    Promote,
    Ready,
    Respec,
    Resume,
    Rollback,
)
from platformctl.rollout.moves import aim, candidate_of, drop_candidate, note, reject, weighted


def deploy(rollout: Rollout, event: Deploy, now: datetime) -> Rollout:
    """Make the revision the candidate, in place of whoever is; lower its share at once.

    Where nothing serves there is nothing to take a share of: it gets everything.
    """
    if rollout.stable and rollout.stable.id == event.revision.id:
        raise Refused(f"{event.revision.id} is what serves already", hint="platformctl status NAME")
    goal, current = event.goal if rollout.stable else WHOLE, rollout.candidate
    if event.auto and rollout.stable and current and current.cause is Cause.ROLLBACK:
        raise _unmeasurable(rollout.stable, current)
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


def _unmeasurable(stable: Revision, back: Candidate) -> Refused:
    """What is on its way back is nothing that a new version could be compared with."""
    return Refused(
        f"{stable.id} is on its way back to {back.revision.id}: nothing serves to compare a version with",
        hint="platformctl rollout status NAME --wait waits until it is back; "
        "platformctl deploy NAME --no-auto leaves the decision to you",
    )


def respec(rollout: Rollout, event: Respec, now: datetime) -> Rollout:
    """Take over the spec that makes no new revision."""
    if event.wanted == rollout.wanted:
        return rollout
    return note(rollout, now, "spec", None, "changed in place").model_copy(update={"wanted": event.wanted})


def promote(rollout: Rollout, event: Promote, now: datetime) -> Rollout:
    """Give the candidate everything, once it is ready for that; a person decides now."""
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


def ready(rollout: Rollout, event: Ready, now: datetime) -> Rollout:
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

    An alias that could not be moved yet is still to be where it is to name the version that takes over; else,
    once a version is rolled back, not.
    """
    replaced = rollout.stable
    previous = tuple(r for r in rollout.previous if r.id != candidate.revision.id)
    rejected = rollout.rejected
    alias_move = rollout.alias_on_promotion or rollout.alias_move
    if replaced and candidate.cause is Cause.ROLLBACK:
        rejected = reject(rollout, replaced.id, candidate.because, now)
        left = rollout.alias_move
        is_its_own = left is not None and left.version == candidate.revision.model.version
        alias_move = rollout.alias_on_promotion or (left if is_its_own else None)
    elif replaced:
        previous = (replaced, *previous)[:PREVIOUS_LIMIT]
    taken = rollout.model_copy(
        update={
            "phase": Phase.STEADY,
            "stable": candidate.revision,
            "candidate": None,
            "previous": previous,
            "rejected": tuple(r for r in rejected if r.revision != candidate.revision.id),
            "alias_move": alias_move,
            "alias_on_promotion": None,
            "auto": None,
        }
    )
    return turns.taken_over(taken, rollout.auto, now) if rollout.auto and replaced else taken


def failed(rollout: Rollout, event: Failed, now: datetime) -> Rollout:
    """Give everything back. Going back that nobody asked for is taken up again."""
    candidate = candidate_of(rollout)
    if candidate.revision.id != event.revision:
        return rollout
    dropped = drop_candidate(note(rollout, now, "failed", event.revision, event.reason), event.reason, now)
    return dropped.model_copy(update={"auto": candidate.resumes})


def abort(rollout: Rollout, event: Rollback, now: datetime) -> Rollout:
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


def go_back(rollout: Rollout, event: Rollback, now: datetime) -> Rollout:
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


def alias_moved(rollout: Rollout, _: AliasMoved, now: datetime) -> Rollout:
    """Note that what was still to be written is written."""
    move = rollout.alias_move
    if move is None:
        return rollout
    rollout = note(rollout, now, "alias", None, f"{move.alias} of {move.model} is version {move.version}")
    return rollout.model_copy(update={"alias_move": None})


def delete(rollout: Rollout, _: Delete, now: datetime) -> Rollout:
    """Let nothing serve, at once."""
    return note(rollout, now, "delete", None).model_copy(update={"phase": Phase.DELETING, "auto": None})


def stay(rollout: Rollout, _: Resume, __: datetime) -> Rollout:
    """Leave everything as it is, so that what is due is done."""
    return rollout
