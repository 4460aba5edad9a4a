"""Say what is known of a rollout that decides by itself, and what it would take to decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platformctl.domain.automatic import Automatic
from platformctl.domain.errors import Refused
from platformctl.domain.gates import Gate, Kind, Outcome, Standing, Unit, Verdict
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.readings import Moment
from platformctl.domain.rollout import Cause, Record, Rollout
from platformctl.domain.route import WHOLE
from platformctl.judge.forecast import Forecast, alike, forecast, seen
from platformctl.judge.verdicts import gates, verdicts
from platformctl.usecases.existing import existing
from platformctl.usecases.waiting import waiting
from platformctl.usecases.world import World


@dataclass(frozen=True)
class Outlook:
    """What a count needs to be decided.

    Args:
        forecast: If its rates go on.
        alike: If both revisions are the same, and what was seen is chance.
        time: How long the first takes if requests come as they did; None: it is not decided, or none came.
        unit: What its gate takes to happen independently.
        events: How many have told the rates.
    """

    forecast: Forecast
    alike: Forecast
    time: timedelta | None
    unit: Unit
    events: int


@dataclass(frozen=True)
class Judged:
    """A gate of a rollout.

    Args:
        outlook: Of a count that is not decided yet; None: it is, or it is a query.
    """

    verdict: Verdict
    outlook: Outlook | None


@dataclass(frozen=True)
class Mark:
    """A share that the new version had from then on, in percent."""

    at: datetime
    share: int


@dataclass(frozen=True)
class Analysis:
    """What is known of a rollout.

    Args:
        canary: The revision that is judged.
        stable: What it is compared with; None: it serves alone.
        share: Of the requests, in percent, that it has now.
        waits: What it waits for.
        rate: Requests of the canary a second, at this share; None: there is none yet.
        gates: One a gate.
        marks: Its shares, oldest first.
        at: When that was, in UTC.
    """

    name: Name
    canary: RevisionId
    stable: RevisionId | None
    share: int
    auto: Automatic
    waits: str
    rate: float | None
    gates: Sequence[Judged]
    marks: Sequence[Mark]
    at: datetime


def analyze(world: World, name: Name) -> Analysis:
    """Say what is known of the rollout that decides by itself. Reads no counters: the driver does.

    Raises:
        NotFound: There is no such deployment.
        Refused: None of its rollouts decides by itself now.
    """
    observed = existing(world, name)
    rollout, now = observed.rollout, world.clock.now()
    auto, judged = rollout.auto, rollout.judged
    if auto is None or judged is None or rollout.stable is None:
        raise Refused(
            f"no rollout of {name} decides by itself now",
            hint=f"platformctl history {name} shows the last verdicts; --replay judges the past",
        )
    share = observed.route.share(judged.id)
    return Analysis(
        name=name,
        canary=judged.id,
        stable=None if auto.bakes else rollout.stable.id,
        share=share,
        auto=auto,
        waits=waiting(rollout, now),
        rate=_rate(auto),
        gates=_judged(auto, (share or auto.step.weight) / WHOLE),
        marks=_marks(rollout, auto, judged.id),
        at=now,
    )


def _rate(auto: Automatic) -> float | None:
    reading, since = auto.evidence.reading, auto.stepped
    if reading is None or since is None or not auto.answered or reading.at <= since:
        return None
    return auto.answered / (reading.at - since).total_seconds()


def _judged(auto: Automatic, share: float) -> Sequence[Judged]:
    counted = {gate.name: (kind, gate) for kind, gate in gates(auto).items()}
    return [
        Judged(verdict, _outlook(auto, *counted[verdict.gate], share) if verdict.gate in counted else None)
        if verdict.outcome is Outcome.INCONCLUSIVE
        else Judged(verdict, None)
        for verdict in verdicts(auto)
    ]


def _outlook(auto: Automatic, kind: Kind, gate: Gate, share: float) -> Outlook:
    standing = auto.evidence.standings.get(kind, Standing())
    told, same = (forecast(gate, standing, rates(standing, share)) for rates in (seen, alike))
    rate = _rate(auto)
    time = timedelta(seconds=told.requests / rate) if told.requests is not None and rate else None
    return Outlook(told, same, time, gate.unit, max(standing.compared.events, standing.seen.events))


def _marks(rollout: Rollout, auto: Automatic, judged: RevisionId) -> Sequence[Mark]:
    """As the history has them, whose details are `10 %`."""
    shares = [
        (r.at, r.detail.split()[:1]) for r in rollout.history if _serves(r, judged) and r.at >= auto.began
    ]
    return [Mark(at, int(share[0])) for at, share in shares if share and share[0].isdecimal()]


def _serves(record: Record, revision: RevisionId) -> bool:
    return record.event == "serves" and record.revision == revision


def sides(rollout: Rollout) -> tuple[RevisionId, RevisionId] | None:
    """The new version of the rollout that is on, or was the last, and what it was compared with; None: none.

    Of a rollout that is over: the version that was rejected last, or, if one took over after that, that one.
    """
    stable, candidate = rollout.stable, rollout.candidate
    if stable is None:
        return None
    if candidate is not None:
        both = candidate.revision.id, stable.id
        return both if candidate.cause is Cause.DEPLOY else (both[1], both[0])
    served = [r.at for r in rollout.history if _serves(r, stable.id)]
    for rejection in rollout.rejected[-1:]:
        if rejection.revision != stable.id and (not served or rejection.at >= served[-1]):
            return rejection.revision, stable.id
    return (stable.id, rollout.previous[0].id) if rollout.previous else None


def policy_of(rollout: Rollout) -> RolloutPolicy:
    """The policy of the rollout that is on, else the spec's, else the default."""
    if rollout.auto is not None:
        return rollout.auto.policy
    return (rollout.wanted.spec.rollout if rollout.wanted else None) or RolloutPolicy()


def reading(world: World, name: Name) -> Moment:
    """Read the counters of all revisions that have requests.

    Raises:
        NotFound: There is no such deployment.
        Refused: None of its revisions has requests.
        Unreachable: The source of the figures is down.
    """
    observed = existing(world, name)
    weights = observed.route.weights
    if not weights:
        raise Refused(f"no revision of {name} has requests", hint=f"platformctl status {name}")
    counts = world.counters.read(name, list(weights))
    return Moment(world.clock.now(), counts, weights)
