"""A version that has all requests, and is as good as the one before: whether it goes back. By the product."""

import numpy as np

from benchmarks.judge.traffic import clumps, single
from platformctl.domain.automatic import Automatic
from platformctl.domain.gates import Kind, Outcome, Standing, Unit
from platformctl.domain.windows import Tally, Window
from platformctl.judge.gates import after
from platformctl.judge.verdicts import gates, limits, verdicts

_WINDOWS = 120
"""Ten minutes, in looks of 5 s."""

_ASKED = 300


def fails(auto: Automatic, rate: float, before: int, dice: np.random.Generator) -> bool:
    """Whether it goes back. By windows its errors come in bursts.

    Args:
        auto: With the policy.
        rate: Of errors, of both versions.
        before: Requests that stable had answered while they were compared.
        dice: Of chance.
    """
    gate = gates(auto)[Kind.ERRORS]
    drawn = clumps if gate.unit is Unit.WINDOW else single
    stable = Tally(requests=before, events=int(drawn(before, rate, 1, dice)[0]))
    compared = Window(canary=Tally(requests=0, events=0), stable=stable)
    known = Standing(compared=compared)
    evidence = auto.evidence.model_copy(update={"standings": {Kind.ERRORS: known}})
    began = auto.model_copy(update={"evidence": evidence})
    baking = auto.model_copy(
        update={"bakes": True, "evidence": evidence.model_copy(update={"limits": limits(began)})}
    )
    gate = gates(baking)[Kind.ERRORS]
    for events in drawn(_ASKED, rate, _WINDOWS, dice):
        alone = Tally(requests=_ASKED, events=int(events))
        known = after(gate, known, Window(canary=alone, stable=Tally(requests=0, events=0)))
        standings = {"standings": {Kind.ERRORS: known}}
        now = baking.model_copy(update={"evidence": baking.evidence.model_copy(update=standings)})
        if any(verdict.outcome is Outcome.FAIL for verdict in verdicts(now)):
            return True
    return False
