"""Look at the figures of a rollout that decides by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platformctl.domain.automatic import Automatic, Evidences, Queried, Reading
from platformctl.domain.counts import Counts
from platformctl.domain.durations import span
from platformctl.domain.errors import PlatformctlError
from platformctl.domain.gates import Kind, Standing
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.policy import QueryGate
from platformctl.domain.rollout import Rollout
from platformctl.judge.gates import after
from platformctl.judge.queries import asked
from platformctl.judge.series import added, point
from platformctl.judge.verdicts import gates, limits, verdicts
from platformctl.rollout import Looked
from platformctl.samples.cutting import Unusable, cut
from platformctl.samples.thresholds import at_bound, usual
from platformctl.usecases.world import World

ENOUGH = 100
"""Answers of stable from which it is told which are slow."""


@dataclass(frozen=True)
class Learned:
    """What a reading of the counters gave.

    Args:
        requests: How many the new version has answered since the last look.
        trouble: Why nothing could be learned.
    """

    evidence: Evidences
    requests: int = 0
    trouble: str | None = None


def look(world: World, name: Name, rollout: Rollout) -> Looked | None:
    """Read all that the rollout is judged by; None: there is nothing to decide about.

    A source that is down, or that tells what cannot be true, is trouble, and never a failure.
    """
    auto, judged = rollout.auto, rollout.judged
    if auto is None or judged is None or rollout.stable is None:
        return None
    stable = None if auto.bakes else rollout.stable.id
    counted = _count(world, name, auto, judged.id, stable)
    queried, trouble = _query(world, name, auto, judged.id, stable)
    evidence = counted.evidence.model_copy(update={"queried": queried})
    said = verdicts(auto.model_copy(update={"evidence": evidence}))
    return Looked(judged.id, evidence, said, counted.requests, counted.trouble or trouble)


def _count(
    world: World, name: Name, auto: Automatic, canary: RevisionId, stable: RevisionId | None
) -> Learned:
    known = auto.evidence
    if not gates(auto):
        return Learned(known)
    try:
        counts = world.counters.read(name, [canary, stable] if stable else [canary])
    except PlatformctlError as error:
        return Learned(known, trouble=str(error))
    reading = Reading(
        at=world.clock.now(), canary=counts[canary], stable=counts[stable] if stable else Counts()
    )
    return learned(auto, reading)


def learned(auto: Automatic, reading: Reading) -> Learned:
    """What is known with one more reading. Pure."""
    known = auto.evidence
    if known.reading is None:
        return Learned(_begun(auto, reading))
    windows = cut(known.reading, reading, known.bound)
    if isinstance(windows, Unusable):
        return Learned(known, trouble=windows.why)
    standings = {
        kind: after(gate, known.standings.get(kind, Standing()), windows[kind])
        for kind, gate in gates(auto).items()
        if kind in windows
    }
    standings = {**known.standings, **standings}
    update = {
        "standings": standings,
        "points": added(known.points, point(gates(auto), standings, reading.at)),
        "reading": reading,
        "bound": known.bound or _bound(auto, reading),
    }
    return Learned(known.model_copy(update=update), windows[Kind.ERRORS].canary.requests)


def _begun(auto: Automatic, reading: Reading) -> Evidences:
    """The first reading at these weights: what comes later is compared with it."""
    known = auto.evidence
    update: dict[str, object] = {"reading": reading, "bound": known.bound or _bound(auto, reading)}
    if auto.bakes and not known.limits:
        update["limits"] = limits(auto)
    return known.model_copy(update=update)


def _bound(auto: Automatic, reading: Reading) -> float | None:
    """From which latency on, in ms, an answer is slow: as the policy says, or as stable has been."""
    gate = auto.policy.gates.latency
    if gate is None:
        return None
    if gate.threshold is not None:
        return at_bound(reading.stable, span(gate.threshold).total_seconds() * 1000)
    return usual(reading.stable) if reading.stable.requests >= ENOUGH else None


def _query(
    world: World, name: Name, auto: Automatic, canary: RevisionId, stable: RevisionId | None
) -> tuple[Mapping[str, Queried], str | None]:
    known, trouble = dict(auto.evidence.queried), None
    for gate in _asked(auto.policy.gates.queries, stable):
        try:
            value = _value(world, name, gate, canary)
            if gate.of == "ratio" and stable is not None:
                value /= _value(world, name, gate, stable)
        except ZeroDivisionError:
            trouble = f"{gate.name}: it is 0 for what serves, so there is no ratio"
        except PlatformctlError as error:
            trouble = f"{gate.name}: {error}"
        else:
            known[gate.name] = asked(gate, known.get(gate.name, Queried()), value)
    return known, trouble


def _asked(queries: Sequence[QueryGate], stable: RevisionId | None) -> Sequence[QueryGate]:
    """Those that have an answer: alone there is nothing to divide by."""
    return [gate for gate in queries if gate.of == "value" or stable is not None]


def _value(world: World, name: Name, gate: QueryGate, revision: RevisionId) -> float:
    text = gate.query.replace("{revision}", revision).replace("{model}", name)
    return world.metrics.query(gate.address, text)
