"""What all gates of a policy say of what is known."""

import math
from collections.abc import Mapping, Sequence

from platformctl.domain.automatic import Automatic, Evidences, Queried
from platformctl.domain.gates import Gate, Kind, Standing, Unit, Verdict
from platformctl.judge.defaults import FINE, gates_of
from platformctl.judge.gates import judge
from platformctl.judge.queries import judge_query, missing


def gates(auto: Automatic) -> Mapping[Kind, Gate]:
    """The counts that are judged now; alone, each by a limit."""
    found = dict(gates_of(auto.policy))
    if Kind.LATENCY in found and auto.evidence.bound is not None:
        happened = f"took more than {auto.evidence.bound:g} ms"
        found[Kind.LATENCY] = found[Kind.LATENCY].model_copy(update={"happened": happened})
    if not auto.bakes:
        return found
    limits = auto.evidence.limits
    return {
        kind: gate.model_copy(update={"limit": gate.limit or limits.get(kind)})
        for kind, gate in found.items()
    }


def verdicts(auto: Automatic) -> Sequence[Verdict]:
    """One a gate, in the order of the policy."""
    known = auto.evidence
    judged = {kind: judge(gate, known.standings.get(kind, Standing())) for kind, gate in gates(auto).items()}
    counted = [missing(told) if kind in known.missing else told for kind, told in judged.items()]
    asked = [judge_query(gate, known.queried.get(gate.name, Queried())) for gate in auto.policy.gates.queries]
    return [*counted, *asked]


def limits(auto: Automatic) -> Mapping[Kind, float]:
    """By which it is judged once there is nothing to compare it with: the margin times what stable had.

    Errors only: how many answers are slow depends on how many callers there are, and stable has none now.
    Not the rate that was seen is taken, but one that is above the true one in all but one case of a thousand
    (three standard deviations of a count, and three more for counts near 0): so a version that is as good
    as stable is below the limit. By windows it is a count of bursts, see `_BURST`.
    """
    gate = gates_of(auto.policy).get(Kind.ERRORS)
    return {Kind.ERRORS: _limit(gate, auto.evidence)} if gate and gate.limit is None else {}


def _limit(gate: Gate, known: Evidences) -> float:
    stable = known.standings.get(Kind(gate.name), Standing()).compared.stable
    burst = _BURST if gate.unit is Unit.WINDOW else 1
    most = stable.events + 3 * math.sqrt(burst * stable.events) + 3 * burst
    rate = most / stable.requests if stable.requests else 1.0
    return min(max(gate.margin * rate, FINE), _HIGHEST)


_HIGHEST = 0.9
_BURST = 20
"""The sum of their squares by their sum, which for a geometric size of 10 on average is 19."""
