"""How a rollout that decides by itself goes on. Pure: what was learned, and the time, are given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from platformctl.domain.automatic import Automatic, Evidences, Pause, Stop
from platformctl.domain.durations import shown, span
from platformctl.domain.gates import Outcome, Verdict
from platformctl.domain.route import WHOLE

TROUBLE_LIMIT = 500
"""Characters of what a source says of itself."""


class Turn(StrEnum):
    """What is to happen."""

    STAY = "stay"
    ON = "on"
    """The next step."""
    BACK = "back"
    """The version that served before gets everything."""
    ALL = "all"
    """The new version gets everything, whatever steps there are left."""
    DONE = "done"
    """It has served alone for long enough."""
    PAUSE = "pause"


@dataclass(frozen=True)
class Decision:
    """What is to happen, and why: the gates' own words, or what is waited for."""

    turn: Turn
    why: str
    stop: Stop | None = None


def decide(auto: Automatic, verdicts: Sequence[Verdict], now: datetime) -> Decision:
    """Say how it goes on.

    A source that tells nothing holds everything, but for a failure that another one has shown. A failure
    counts at once, also while it is paused: the policy says how.

    Args:
        auto: Where it is, with what was learned last.
        verdicts: One a gate, from all that is known.
        now: The time, in UTC.
    """
    failed = [verdict for verdict in verdicts if verdict.outcome is Outcome.FAIL]
    if failed:
        return _failed(auto, failed)
    held = holds(auto)
    if held is not None:
        return Decision(Turn.STAY, held)
    return _baked(auto, verdicts, now) if auto.bakes else _stepped(auto, verdicts, now)


def unready(auto: Automatic, now: datetime) -> Decision:
    """Say how one goes on that has no requests yet: it waits, and is never promoted unseen."""
    decision = decide(auto, (), now)
    return Decision(Turn.STAY, decision.why) if decision.turn is Turn.ALL else decision


def holds(auto: Automatic) -> str | None:
    """Why nothing moves, whatever the figures say; None: it does."""
    if auto.trouble is not None:
        return f"its figures are missing: {auto.trouble}"
    return paused(auto.pause) if auto.pause is not None else None


def waits_for(auto: Automatic, verdicts: Sequence[Verdict], now: datetime) -> str | None:
    """What the next step waits for; None: it is to be taken."""
    if auto.stepped is None:
        return f"the new version gets ready for {auto.step.weight} %"
    return next(_reasons(auto, auto.stepped, verdicts, now), None)


def _reasons(auto: Automatic, stepped: datetime, verdicts: Sequence[Verdict], now: datetime) -> Iterator[str]:
    step, following = auto.step, auto.following
    left = span(step.hold) - (now - stepped)
    if left > timedelta():
        yield f"it holds {step.weight} % for {shown(left)} more"
    if auto.answered < step.min_requests:
        yield f"{auto.answered:,} of {step.min_requests:,} requests at {step.weight} %"
    if auto.approved:
        return
    if step.gate == "manual":
        yield f"a person is to approve the step after {step.weight} %"
    undecided = [verdict.text for verdict in verdicts if verdict.outcome is not Outcome.PASS]
    if undecided and following is not None and following.weight == WHOLE:
        yield f"not known to be good enough for all requests: {undecided[0]}"


def paused(pause: Pause) -> str:
    """Why it goes no further."""
    words = {
        Stop.ASKED: "paused by a person",
        Stop.FAILED: "paused, as a gate failed",
        Stop.DEADLINE: "paused at its deadline",
    }
    return f"{words[pause.why]}: {pause.detail}" if pause.detail else words[pause.why]


def said(verdicts: Sequence[Verdict]) -> str:
    """What the gates say, in a line."""
    return "; ".join(f"{verdict.gate} {verdict.outcome}: {verdict.text}" for verdict in verdicts)


def on_weights(auto: Automatic, now: datetime) -> Automatic:
    """The same, with new weights since now: what was read before says nothing of them."""
    evidence = auto.evidence.model_copy(update={"reading": None})
    return auto.model_copy(update={"stepped": now, "answered": 0, "evidence": evidence})


def looked(auto: Automatic, evidence: Evidences | None, requests: int, trouble: str | None) -> Automatic:
    """The same, with what was learned; evidence is None where that is nothing."""
    trouble = trouble[:TROUBLE_LIMIT] if trouble else None
    if evidence is None:
        return auto.model_copy(update={"trouble": trouble})
    update = {"evidence": evidence, "answered": auto.answered + requests, "trouble": trouble}
    return auto.model_copy(update=update)


def _failed(auto: Automatic, failed: Sequence[Verdict]) -> Decision:
    why = said(failed)
    if auto.policy.on_fail == "rollback":
        return Decision(Turn.BACK, why)
    if auto.pause is not None:
        return Decision(Turn.STAY, paused(auto.pause))
    return Decision(Turn.PAUSE, why, Stop.FAILED)


def _baked(auto: Automatic, verdicts: Sequence[Verdict], now: datetime) -> Decision:
    left = span(auto.policy.bake) - (now - auto.stepped) if auto.stepped else timedelta()
    if left > timedelta():
        return Decision(Turn.STAY, f"it has all requests, and is watched for {shown(left)} more")
    return Decision(Turn.DONE, said(verdicts))


def _stepped(auto: Automatic, verdicts: Sequence[Verdict], now: datetime) -> Decision:
    waits = waits_for(auto, verdicts, now)
    if waits is None:
        return Decision(Turn.ON, said(verdicts))
    if now >= auto.began + span(auto.policy.deadline):
        return _late(auto, waits)
    return Decision(Turn.STAY, waits)


def _late(auto: Automatic, waits: str) -> Decision:
    why = f"not decided within {auto.policy.deadline}: {waits}"
    match auto.policy.on_inconclusive:
        case "promote" if auto.following is None:  # it is on its way to all requests already
            return Decision(Turn.STAY, waits)
        case "promote":
            return Decision(Turn.ALL, why)
        case "rollback":
            return Decision(Turn.BACK, why)
        case "hold":
            return Decision(Turn.PAUSE, why, Stop.DEADLINE)
