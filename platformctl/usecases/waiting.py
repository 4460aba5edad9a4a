"""What a rollout that decides by itself waits for, and whether it waits for anything."""

from datetime import datetime

from platformctl.domain.rollout import Rollout
from platformctl.domain.route import WHOLE
from platformctl.judge.verdicts import verdicts
from platformctl.plan.upkeep import goes_on_by_itself
from platformctl.rollout import automatic
from platformctl.rollout.automatic import Turn


def is_over(rollout: Rollout) -> bool:
    """Whether there is nothing to drive: it has ended, or a person paused it, or it waits for one."""
    if rollout.auto is None:
        return not goes_on_by_itself(rollout)
    return rollout.auto.pause is not None


def waiting(rollout: Rollout, now: datetime) -> str:
    """What a rollout that decides by itself waits for, in words; "" if there is none."""
    if rollout.auto is None:
        return ""
    decision = automatic.decide(rollout.auto, verdicts(rollout.auto), now)
    match decision.turn:
        case Turn.ON | Turn.ALL:
            following = rollout.auto.following if decision.turn is Turn.ON else None
            return f"the step to {following.weight if following else WHOLE} % is due"
        case Turn.DONE:
            return "it has been watched for long enough"
        case Turn.BACK:
            return f"it is to go back: {decision.why}"
        case Turn.STAY | Turn.PAUSE:
            return decision.why
