"""How the evidence came to be what it is: a bounded number of points in time."""

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
    """The points with one more, which is always the last.

    They stay about evenly apart, whatever the time between looks: the last one gives way to the new one
    while it is too near to the one before it, and when there are too many every other one goes. The first
    one stays.
    """
    if len(points) > 1 and points[-1].at - points[-2].at < 2 * (new.at - points[0].at) / LIMIT:
        return (*points[:-1], new)
    if len(points) < LIMIT:
        return (*points, new)
    return (*points[::2], new)
