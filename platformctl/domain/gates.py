"""A count that is judged: what counts, how much worse is too much, how sure to be; and what is known of it.

How it is judged is the subject of the package `platformctl.judge`.
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from platformctl.domain.base import Frozen
from platformctl.domain.windows import Tally, Window


class Kind(StrEnum):
    """What a gate counts."""

    ERRORS = "errors"
    LATENCY = "latency"
    CLIENT_ERRORS = "4xx"


class Unit(StrEnum):
    """What is taken to happen independently."""

    REQUEST = "request"
    WINDOW = "window"


class Outcome(StrEnum):
    """What is known of a canary."""

    PASS = "pass"  # noqa: S105 no password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    """Nothing is learned now, as its source is in trouble. What had failed before has failed."""


class Gate(Frozen):
    """One count, and what decides.

    Args:
        name: What it counts, as a person calls it: `errors`.
        happened: What happened to a request that is counted: `failed`.
        alpha: The chance that a canary which is no worse fails by it, in a whole rollout.
        beta: The chance that a canary at the margin passes by it.
        margin: A canary is good enough if its rate is below so many times stable's.
        limit: A rate above which a canary fails, whatever stable's is; None: there is none.
        fine: A rate below which a canary is good enough, whatever stable's is; None: there is none.
        unit: What is taken to happen independently. By windows nothing passes: that takes requests.
    """

    name: str
    happened: str
    alpha: float = Field(gt=0, lt=1)
    beta: float = Field(default=0.05, gt=0, lt=1)
    margin: float = Field(default=2.0, gt=1)
    limit: float | None = Field(default=None, gt=0, lt=1)
    fine: float | None = Field(default=None, gt=0, lt=1)
    unit: Unit = Unit.REQUEST


class Evidence(Frozen):
    """Logarithms of products over windows, an alternative each; () before the first window."""

    logs: tuple[float, ...] = ()


class Standing(Frozen):
    """What is kept of all windows: as much after a thousand as after one.

    Args:
        seen: All requests and events.
        compared: Those of windows that both revisions were asked in.
        limited: Those of the canary that have been held to a limit.
        pooled: Those that came last at these weights, and are too few to be a window.
    """

    seen: Tally = Tally(requests=0, events=0)
    compared: Window = Window(canary=Tally(requests=0, events=0), stable=Tally(requests=0, events=0))
    limited: Tally = Tally(requests=0, events=0)
    pooled: Window = Window(canary=Tally(requests=0, events=0), stable=Tally(requests=0, events=0))
    worse: Evidence = Evidence()
    near: Evidence = Evidence()
    above: Evidence = Evidence()
    below: Evidence = Evidence()


@dataclass(frozen=True)
class Verdict:
    """What a gate says.

    Args:
        text: The evidence, in a line.
    """

    gate: str
    outcome: Outcome
    text: str
