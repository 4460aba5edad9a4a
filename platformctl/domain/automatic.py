"""What is recorded of a rollout that decides by itself: where it is, and what is known so far.

How it goes on is the subject of `platformctl.rollout.automatic`; what is known, that of `platformctl.judge`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from platformctl.domain.base import Frozen
from platformctl.domain.counts import Counts
from platformctl.domain.gates import Kind, Standing
from platformctl.domain.policy import RolloutPolicy, RolloutStep


class Reading(Frozen):
    """The counters of both revisions at one moment.

    Args:
        at: When, in UTC.
        stable: Zeros where there is none any more.
    """

    at: datetime
    canary: Counts
    stable: Counts = Counts()


class Queried(Frozen):
    """What was asked of Prometheus for one gate.

    Args:
        value: At last; None: never yet.
        out: How many times in a row it was out of its range.
        trouble: Why there was no answer when it was last asked; None: there was.
    """

    value: float | None = None
    out: int = Field(default=0, ge=0)
    trouble: str | None = None


class Point(Frozen):
    """How far the evidence of each count had come at one moment: 0 says nothing, 1 decides.

    Args:
        at: When, in UTC.
        requests: How many the new version had answered by then, since it is judged.
        worse: The logarithm of the evidence that it is bad, as a part of the one that decides.
        good: The same for the evidence that it is good enough.
    """

    at: datetime
    requests: int
    worse: Mapping[Kind, float]
    good: Mapping[Kind, float]


class Evidences(Frozen):
    """What is known. As much after a thousand looks as after one hundred.

    Args:
        standings: A count each.
        queried: A query each, by the gate's name.
        reading: The last that was good, since the weights last changed; None: there is none.
        bound: An answer that took longer, in ms, is slow; None: it is not known yet.
        missing: The counts of which nothing could be learned when it was last looked at.
        limits: By which the new version is judged when there is nothing to compare it with any more.
        points: How it came to be known, oldest first; never more than `platformctl.judge.series` keeps.
    """

    standings: Mapping[Kind, Standing] = Field(default_factory=dict)
    queried: Mapping[str, Queried] = Field(default_factory=dict)
    reading: Reading | None = None
    bound: float | None = None
    missing: tuple[Kind, ...] = ()
    limits: Mapping[Kind, float] = Field(default_factory=dict)
    points: tuple[Point, ...] = ()


class Stop(StrEnum):
    """Why a rollout goes no further until a person says so."""

    ASKED = "asked"
    """A person paused it."""
    FAILED = "failed"
    """A gate failed, and the policy says to pause then."""
    DEADLINE = "deadline"
    """Its deadline passed, and the policy says to hold then."""


class Pause(Frozen):
    """It goes no further.

    Args:
        detail: What the gate said, who paused it.
    """

    why: Stop
    detail: str = ""
    since: datetime


class Automatic(Frozen):
    """A rollout that decides by itself.

    Args:
        policy: As it was when it began.
        began: When, in UTC.
        index: Which step has been taken, or is on its way; from 0.
        stepped: Since when the step has its share; None: it is on its way.
        answered: How many requests the new version has answered in this step.
        approved: Whether a person lets it go on from this step.
        evidence: What is known.
        trouble: Why nothing could be learned when it was last looked at; None: it could.
        pause: Why it goes no further; None: it does.
        bakes: Whether it has taken all requests, and is watched.
    """

    policy: RolloutPolicy
    began: datetime
    index: int = Field(default=0, ge=0)
    stepped: datetime | None = None
    answered: int = Field(default=0, ge=0)
    approved: bool = False
    evidence: Evidences = Evidences()
    trouble: str | None = None
    pause: Pause | None = None
    bakes: bool = False

    @property
    def step(self) -> RolloutStep:
        """Which has been taken, or is on its way."""
        return self.policy.steps[self.index]

    @property
    def following(self) -> RolloutStep | None:
        """The next one; None: this is the last."""
        steps = self.policy.steps
        return steps[self.index + 1] if self.index + 1 < len(steps) else None
