"""Judge past figures by another policy: what would have happened, and when. Pure.

Requests are what they were: the shares that they had are not those of the policy's steps. So a replay says
what the gates would have said, and when each step would have been taken; not what callers would have seen.
A step that a person approves is taken as approved. Once the step to 100 would have been taken it ends: the
figures are those of two revisions, and nothing is known of one that had everything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from platformctl.domain.automatic import Automatic, Evidences, Reading
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.gates import Verdict
from platformctl.domain.names import RevisionId
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.readings import Moment
from platformctl.domain.route import WHOLE
from platformctl.judge.verdicts import verdicts
from platformctl.rollout import automatic
from platformctl.rollout.automatic import Decision, Turn
from platformctl.usecases.looking import learned


class Ending(StrEnum):
    """How a rollout would have ended."""

    PROMOTED = "promoted"
    """It would have taken all requests."""
    ROLLED_BACK = "rolled back"
    PAUSED = "paused"
    UNDECIDED = "undecided"
    """The figures end before."""


@dataclass(frozen=True)
class Taken:
    """A step that would have been taken.

    Args:
        weight: Its share, in percent.
        why: Why then.
    """

    weight: int
    at: datetime
    why: str


@dataclass(frozen=True)
class Missed:
    """A reading that told nothing."""

    at: datetime
    why: str


@dataclass(frozen=True)
class Replayed:
    """What would have happened.

    Args:
        at: When that would have been; of an undecided one, when the figures end.
        why: The gates' own words, or what it waits for.
        verdicts: At that time, one a gate.
        auto: All that would have been known at that time.
        readings: How many were judged.
        missed: Those that told nothing.
        left_out: Gates of the policy that the past cannot be judged by.
    """

    ending: Ending
    at: datetime
    why: str
    steps: Sequence[Taken]
    verdicts: Sequence[Verdict]
    auto: Automatic
    readings: int
    missed: Sequence[Missed]
    left_out: Sequence[str]


@dataclass(frozen=True)
class Past:
    """A reading of both revisions, and whether the weights were others before it."""

    reading: Reading
    is_first: bool = False


def pasts(moments: Sequence[Moment], canary: RevisionId, stable: RevisionId) -> Sequence[Past]:
    """The moments at which both revisions had figures.

    Raises:
        NotFound: There is none: one of them is in no moment, or they are in none together.
    """
    found = list(_pasts(moments, canary, stable))
    if found:
        return found
    known = sorted({revision for moment in moments for revision in moment.counts})
    missing = next((revision for revision in (canary, stable) if revision not in known), None)
    if missing is not None:
        raise NotFound(
            f"there are no figures of {missing}",
            hint=f"those that have some: {', '.join(known)}" if known else "are the times right?",
        )
    raise NotFound(f"{canary} and {stable} have no figures of the same time")


def _pasts(moments: Sequence[Moment], canary: RevisionId, stable: RevisionId) -> Iterator[Past]:
    share: int | None = None
    for moment in moments:
        if not {canary, stable} <= moment.counts.keys():
            continue
        now = moment.weights.get(canary, share)
        reading = Reading(at=moment.at, canary=moment.counts[canary], stable=moment.counts[stable])
        yield Past(reading, is_first=now != share)
        share = now


@dataclass
class _Run:
    """A rollout that is judged again, reading by reading."""

    auto: Automatic
    steps: list[Taken] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    readings: int = 0

    def read(self, past: Past) -> tuple[Sequence[Verdict], Decision]:
        """Judge one more reading, and say what follows."""
        known, now = self.auto.evidence, past.reading.at
        if past.is_first:
            self.auto = self._with(known.model_copy(update={"reading": None}))
        found = learned(self.auto, past.reading)
        self.readings += 1
        if found.trouble is not None:
            self.missed.append(Missed(now, found.trouble))
        self.auto = automatic.looked(self.auto, found.evidence, found.requests, found.trouble)
        said = verdicts(self.auto)
        return said, automatic.decide(self.auto, said, now)

    def step(self, decision: Decision, now: datetime) -> None:
        """Take the next step, or the last one."""
        index = self.auto.index + 1 if decision.turn is Turn.ON else len(self.auto.policy.steps) - 1
        self.auto = self.auto.model_copy(update={"index": index, "stepped": now, "answered": 0})
        self.steps.append(Taken(self.auto.step.weight, now, decision.why))

    def _with(self, evidence: Evidences) -> Automatic:
        return self.auto.model_copy(update={"evidence": evidence})


def replay(policy: RolloutPolicy, past: Sequence[Past]) -> Replayed:
    """Judge past readings, oldest first, as a rollout with that policy would have.

    Raises:
        SpecError: There are fewer than two readings, or nothing to judge them by.
    """
    asked, policy = policy, judgeable(policy, past)
    if len(past) < 2:  # noqa: PLR2004 - a window is what came between two
        raise SpecError("one reading of both revisions is no past", hint="two at least make a window")
    began = past[0].reading.at
    run = _Run(Automatic(policy=policy, began=began, stepped=began))
    run.steps.append(Taken(run.auto.step.weight, began, "it began"))
    for each in past:
        now = each.reading.at
        said, decision = run.read(each)
        ending = _ending(run.auto, decision)
        if ending is not None:
            break
        if decision.turn in (Turn.ON, Turn.ALL):
            run.step(decision, now)
    return Replayed(
        ending=ending or Ending.UNDECIDED,
        at=now,
        why=decision.why,
        steps=run.steps,
        verdicts=said,
        auto=run.auto,
        readings=run.readings,
        missed=run.missed,
        left_out=_left_out(asked, policy),
    )


def judgeable(policy: RolloutPolicy, past: Sequence[Past]) -> RolloutPolicy:
    """The policy without what the past cannot tell: queries, a person's approval, latencies if it has none.

    Raises:
        SpecError: Nothing is left to judge by.
    """
    update: dict[str, object] = {"queries": ()}
    if not any(each.reading.canary.latency or each.reading.stable.latency for each in past):
        update["latency"] = None
    steps = tuple(step.model_copy(update={"gate": None}) for step in policy.steps)
    policy = policy.model_copy(update={"gates": policy.gates.model_copy(update=update), "steps": steps})
    if not list(policy.rates()):
        raise SpecError(
            "there is no gate that these figures can be judged by",
            field="spec.rollout.gates",
            hint="turn on errors, latency or clientErrors; queries are not asked again",
        )
    return policy


def _left_out(asked: RolloutPolicy, judged: RolloutPolicy) -> Sequence[str]:
    kinds = {kind for kind, _ in judged.rates()}
    counts = [kind.value for kind, _ in asked.rates() if kind not in kinds]
    return [*counts, *(gate.name for gate in asked.gates.queries)]


def _ending(auto: Automatic, decision: Decision) -> Ending | None:
    following = auto.following
    match decision.turn:
        case Turn.BACK:
            return Ending.ROLLED_BACK
        case Turn.PAUSE:
            return Ending.PAUSED
        case Turn.ALL | Turn.DONE:
            return Ending.PROMOTED
        case Turn.ON:
            return Ending.PROMOTED if following is None or following.weight == WHOLE else None
        case Turn.STAY:
            return None
