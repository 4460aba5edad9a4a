"""How the evidence came to be what it is: a bounded number of points in time."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from platformctl.domain.automatic import Point
from platformctl.domain.gates import Gate, Kind, Outcome, Standing
from platformctl.judge.scales import furthest

LIMIT = 60
"""Points at most. A screen is not much wider."""

_DIGITS = 3


def point(gates: Mapping[Kind, Gate], standings: Mapping[Kind, Standing], at: datetime) -> Point:
    """How far each gate is now."""
    known = {kind: (gate, standings[kind]) for kind, gate in gates.items() if kind in standings}
    return Point(
        at=at,
        requests=max((standing.seen.requests for _, standing in known.values()), default=0),
        worse={kind: round(furthest(*both, Outcome.FAIL), _DIGITS) for kind, both in known.items()},
        good={kind: round(furthest(*both, Outcome.PASS), _DIGITS) for kind, both in known.items()},
    )


def added(points: Sequence[Point], new: Point) -> tuple[Point, ...]:
    """The points with one more, which is always the last; the first one stays too.

    Between them they are apart by at least a power of two in seconds, the least one that leaves not too many.
    So they are about even, whatever the time between looks, and every other one goes when that doubles.
    """
    kept: list[Point] = []
    for each in points:
        if not kept or (each.at - kept[-1].at).total_seconds() >= _apart(points[0].at, new.at):
            kept.append(each)
    return (*kept, new)


def _apart(first: datetime, last: datetime) -> float:
    """Seconds."""
    span = (last - first).total_seconds()
    return float(2 ** math.ceil(math.log2(span / (LIMIT - 2)))) if span > 0 else 0.0
