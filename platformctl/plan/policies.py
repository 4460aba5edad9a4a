"""A policy in a few words: by which steps a new version takes over, and what it is judged by."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from platformctl.domain.durations import shown, span
from platformctl.domain.gates import Kind, Unit
from platformctl.domain.policy import RolloutPolicy, RolloutStep

_WORDS = {"rollback": "goes back by itself", "pause": "pauses"}


def told(policy: RolloutPolicy) -> Sequence[str]:
    """Say what will happen, in a line or two.

    `1 %, 10 % for 60 s and 10 requests each, then 100 %; then it is watched for 10 min`
    """
    return [f"{taken(policy)}; {_watched(policy)}", _judged(policy)]


def taken(policy: RolloutPolicy) -> str:
    """`1 %, 10 % for 60 s and 10 requests each, then 100 %`."""
    *steps, last = policy.steps
    return ", then ".join([*_groups(steps), f"{last.weight} %"])


def assumed(policy: RolloutPolicy) -> Sequence[str]:
    """What the chance of a wrong decision rests on, in a line or two."""
    by_request = [kind.value for kind, gate in policy.rates() if gate.unit is Unit.REQUEST]
    by_window = [kind.value for kind, gate in policy.rates() if gate.unit is Unit.WINDOW]
    lines = []
    if by_request:
        gates = listed(by_request)
        lines.append(
            f"assumes that requests fail independently of each other ({gates}); unit: window does not"
        )
    if by_window:
        lines.append(f"counted by windows, so that bursts may be: {listed(by_window)}")
    return lines


def listed(names: Sequence[str], last: str = "and") -> str:
    """`errors, latency and 4xx`."""
    *others, end = names
    return f"{', '.join(others)} {last} {end}" if others else end


def _groups(steps: Sequence[RolloutStep]) -> Iterator[str]:
    for (hold, requests, gate), alike in groupby(steps, lambda s: (s.hold, s.min_requests, s.gate)):
        weights = [f"{step.weight} %" for step in alike]
        each = " each" if len(weights) > 1 else ""
        until = ", until a person approves" if gate == "manual" else ""
        yield f"{', '.join(weights)} for {shown(span(hold))} and {requests:,} requests{each}{until}"


def _watched(policy: RolloutPolicy) -> str:
    bake = span(policy.bake)
    return f"then it is watched for {shown(bake)}" if bake else "it is not watched then"


def _judged(policy: RolloutPolicy) -> str:
    verb = _WORDS[policy.on_fail]
    counts = [kind.value for kind, _ in policy.rates()]
    queries = [gate.name for gate in policy.gates.queries]
    parts = []
    if counts:
        be = "is" if counts == [Kind.LATENCY] else "are"
        parts.append(f"{listed(counts, 'or')} {be} worse; wrong in at most {_chance(policy.alpha)}")
    if queries:  # how often a range is wrong nobody knows
        parts.append(f"{listed(queries, 'or')} is out of its range")
    if not parts:
        return "it is judged by nothing but whether it answers: it goes back if it does not"
    return f"{verb} if {'; also if '.join(parts)}"


def _chance(alpha: float) -> str:
    """In whole rollouts, never fewer than it is."""
    return f"1 of {math.floor(1 / alpha + _ROUNDING):,} rollouts"


_ROUNDING = 1e-9
"""1 / 0.07 and its like are a little off."""
