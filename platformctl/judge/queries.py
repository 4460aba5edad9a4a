"""Figures that only their owner understands: in a range, or not."""

from platformctl.domain.automatic import Queried
from platformctl.domain.gates import Outcome, Verdict
from platformctl.domain.policy_gates import QueryGate


def asked(gate: QueryGate, before: Queried, value: float) -> Queried:
    """What is known with one more answer."""
    return Queried(value=value, out=0 if _is_within(gate, value) else before.out + 1)


def judge_query(gate: QueryGate, known: Queried) -> Verdict:
    """Say what is known. One answer is enough to pass: whoever wrote the range knows what it is worth."""
    verdict = _judged(gate, known)
    return missing(verdict) if known.trouble else verdict


def missing(verdict: Verdict) -> Verdict:
    """The same while its source is in trouble, which undoes no failure."""
    if verdict.outcome is Outcome.FAIL:
        return verdict
    return Verdict(verdict.gate, Outcome.ERROR, f"its figures are missing; until then: {verdict.text}")


def _judged(gate: QueryGate, known: Queried) -> Verdict:
    if known.value is None:
        return Verdict(gate.name, Outcome.INCONCLUSIVE, "not asked yet")
    what = "times that of what serves" if gate.of == "ratio" else "is its value"
    text = f"{known.value:.6g} {what}, {_range(gate)}"
    if known.out >= gate.failures:
        return Verdict(gate.name, Outcome.FAIL, text + _in_a_row(gate, known))
    if known.out:
        return Verdict(gate.name, Outcome.INCONCLUSIVE, text + _in_a_row(gate, known))
    return Verdict(gate.name, Outcome.PASS, text)


def _is_within(gate: QueryGate, value: float) -> bool:
    return (gate.min is None or value >= gate.min) and (gate.max is None or value <= gate.max)


def _range(gate: QueryGate) -> str:
    if gate.max is None:
        return f"at least {gate.min:g} is wanted"
    if gate.min is None:
        return f"at most {gate.max:g} is wanted"
    return f"{gate.min:g} to {gate.max:g} is wanted"


def _in_a_row(gate: QueryGate, known: Queried) -> str:
    return f": {known.out} of {gate.failures} times in a row" if gate.failures > 1 else ""
