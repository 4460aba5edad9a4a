"""What events do to a rollout that decides by itself: each gives another state. Pure.

What is decided is the subject of `platformctl.rollout.automatic`.
"""

from datetime import datetime

from platformctl.domain.automatic import Automatic, Evidences, Stop
from platformctl.domain.automatic import Pause as Pausing
from platformctl.domain.durations import span
from platformctl.domain.errors import Refused
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import AliasMove, Rollout
from platformctl.rollout import automatic
from platformctl.rollout.automatic import Decision, Turn
from platformctl.rollout.events import Approve, Continue, Deploy, Failed, Looked, Pause
from platformctl.rollout.moves import aim, candidate_of, drop_candidate, give_back, note


def looked(rollout: Rollout, event: Looked, now: datetime) -> Rollout:
    """Take in what was learned, and do what follows from it."""
    auto, judged = rollout.auto, rollout.judged
    if auto is None or judged is None or judged.id != event.revision:
        return rollout
    learned = automatic.looked(auto, event.evidence, event.requests, event.trouble)
    decision = automatic.decide(learned, event.verdicts, now)
    return _turn(_note_trouble(rollout, learned, now), learned, decision, now)


def unready(rollout: Rollout, event: Looked, now: datetime) -> Rollout:
    """Hold what is not ready at its deadline, or drop it. There is nothing to be learned of it."""
    auto, judged = rollout.auto, rollout.judged
    if auto is None or judged is None or judged.id != event.revision:
        return rollout
    return _turn(rollout, auto, automatic.unready(auto, now), now)


def _note_trouble(rollout: Rollout, learned: Automatic, now: datetime) -> Rollout:
    """A line of history when figures go missing, and one when they are back."""
    before = rollout.auto.trouble if rollout.auto else None
    if (before is None) == (learned.trouble is None):
        return rollout
    return note(
        rollout, now, "no figures" if learned.trouble else "figures are back", None, learned.trouble or ""
    )


def _turn(rollout: Rollout, auto: Automatic, decision: Decision, now: datetime) -> Rollout:
    judged = rollout.judged
    assert judged is not None  # noqa: S101 - _looked has seen it
    rollout = rollout.model_copy(update={"auto": auto})
    match decision.turn:
        case Turn.STAY:
            return rollout
        case Turn.DONE:
            rollout = note(rollout, now, "finished", judged.id, decision.why)
            return rollout.model_copy(update={"auto": None, "alias_move": alias_of(rollout, judged)})
        case Turn.PAUSE:
            stop = decision.stop or Stop.ASKED
            rollout = note(rollout, now, "paused", judged.id, decision.why)
            pause = Pausing(why=stop, detail=decision.why, since=now)
            return rollout.model_copy(update={"auto": auto.model_copy(update={"pause": pause})})
        case Turn.BACK:
            rollout = note(rollout, now, "failed", judged.id, decision.why)
            return (
                give_back(rollout, decision.why) if auto.bakes else drop_candidate(rollout, decision.why, now)
            )
        case Turn.ON | Turn.ALL:
            index = auto.index + 1 if decision.turn is Turn.ON else len(auto.policy.steps) - 1
            return _to_step(rollout, auto, index, decision.why, now)


def alias_of(rollout: Rollout, revision: Revision) -> AliasMove | None:
    """The alias that the spec moves to a version which has taken over; a folder's has none."""
    alias = rollout.wanted.spec.promotion.alias if rollout.wanted else None
    version = revision.model.version
    if alias is None or version is None:
        return rollout.alias_move
    return AliasMove(model=revision.model.model, alias=alias, version=version)


def _to_step(rollout: Rollout, auto: Automatic, index: int, why: str, now: datetime) -> Rollout:
    candidate = candidate_of(rollout)
    update = {"index": index, "stepped": None, "answered": 0, "approved": False}
    auto = auto.model_copy(update=update)
    rollout = note(rollout, now, "step", candidate.revision.id, f"{candidate.share} % was held: {why}")
    rollout = rollout.model_copy(update={"auto": auto})
    return aim(rollout, candidate.model_copy(update={"goal": auto.step.weight}))


def failed_alone(rollout: Rollout, event: Failed, now: datetime) -> Rollout:
    """What has all requests, and is still watched, goes back. Else nobody decides that by himself."""
    if rollout.judged is None or rollout.judged.id != event.revision:
        return rollout
    return give_back(note(rollout, now, "failed", event.revision, event.reason), event.reason)


def pause(rollout: Rollout, event: Pause, now: datetime) -> Rollout:
    """Go no further, because a person says so."""
    auto = _automatic(rollout)
    if auto.pause is not None:
        return rollout
    rollout = note(rollout, now, "paused", None, event.by)
    pause = Pausing(why=Stop.ASKED, detail=event.by, since=now)
    return rollout.model_copy(update={"auto": auto.model_copy(update={"pause": pause})})


def go_on(rollout: Rollout, _: Continue, now: datetime) -> Rollout:
    """Go on. What had failed is judged anew; what was late has as much time again.

    The time that it was paused is none of the time that its steps may take.
    """
    auto = _automatic(rollout)
    if auto.pause is None:
        return rollout
    update: dict[str, object] = {"pause": None, "began": auto.began + (now - auto.pause.since)}
    if auto.pause.why is Stop.FAILED:
        update["evidence"] = Evidences(bound=auto.evidence.bound, limits=auto.evidence.limits)
    if auto.pause.why is Stop.DEADLINE:
        update["began"] = now
    rollout = note(rollout, now, "resumed", None)
    return rollout.model_copy(update={"auto": auto.model_copy(update=update)})


def approve(rollout: Rollout, event: Approve, now: datetime) -> Rollout:
    """Let it go on from its step, whatever that is still to wait for but time and requests."""
    auto = _automatic(rollout)
    refusal = _unapproved(auto, event.weight)
    if refusal is not None:
        raise refusal
    if auto.approved:
        return rollout
    rollout = note(rollout, now, "approved", None, f"the step after {event.weight} %")
    return rollout.model_copy(update={"auto": auto.model_copy(update={"approved": True})})


def _unapproved(auto: Automatic, weight: int) -> Refused | None:
    """Why the step at that share is not the one to be approved; None: it is."""
    at, weights = auto.step.weight, [step.weight for step in auto.policy.steps]
    if auto.following is None:
        return Refused("its last step is being taken: none is left to be approved", hint=_STATUS)
    if weight not in weights:
        steps = ", ".join(map(str, weights))
        return Refused(f"there is no step at {weight} %", hint=f"its steps are {steps}; it is at {at} %")
    if weight == at:
        return None
    when = "has passed" if weight < at else "has not been reached"
    hint = f"platformctl rollout approve NAME --step {at} lets it go on from there"
    return Refused(f"the step at {weight} % {when}: it is at {at} %", hint=hint)


_STATUS = "platformctl rollout status NAME"


def _automatic(rollout: Rollout) -> Automatic:
    if rollout.auto is None:
        raise unasked(rollout)
    return rollout.auto


def unasked(rollout: Rollout) -> Refused:
    """Why there is nothing to be paused, continued or approved."""
    if rollout.auto is None:
        return Refused("no rollout decides by itself here", hint="platformctl deploy NAME --auto begins one")
    return Refused("all its steps are taken: none is left to be approved", hint=_STATUS)


def begun(event: Deploy, goal: int, now: datetime) -> Automatic:
    """Begin at the step of that share."""
    policy = event.auto
    assert policy is not None  # noqa: S101 - asked by whoever knows it
    weights = [step.weight for step in policy.steps]
    if goal not in weights:
        raise AssertionError(f"{goal} is none of the steps {weights}")
    return Automatic(policy=policy, began=now, index=weights.index(goal))


def taken_over(rollout: Rollout, auto: Automatic, now: datetime) -> Rollout:
    """It has all requests: it is watched for a while, if the policy says so; else that was it."""
    stable = rollout.stable
    assert stable is not None  # noqa: S101 - it has just been made that
    if not span(auto.policy.bake):
        rollout = note(rollout, now, "finished", stable.id, "it has all requests, and is not watched")
        return rollout.model_copy(update={"alias_move": alias_of(rollout, stable)})
    bakes = automatic.on_weights(auto, now).model_copy(update={"bakes": True, "approved": False})
    return rollout.model_copy(update={"auto": bakes})
