"""Look at the figures of a rollout that decides by itself."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platformctl.domain.automatic import Automatic, Evidences, Queried, Reading
from platformctl.domain.counts import Counts
from platformctl.domain.errors import PlatformctlError, Refused
from platformctl.domain.gates import Kind, Standing
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.policy_gates import QueryGate
from platformctl.domain.rollout import Rollout
from platformctl.judge.gates import after, settled
from platformctl.judge.queries import asked
from platformctl.judge.series import added, point
from platformctl.judge.verdicts import gates, limits, verdicts
from platformctl.rollout import Looked
from platformctl.rollout.automatic import TROUBLE_LIMIT
from platformctl.samples.cutting import Unusable, cut, impossible
from platformctl.samples.increments import lost, merged
from platformctl.samples.thresholds import only
from platformctl.usecases import slowness
from platformctl.usecases.world import World


@dataclass(frozen=True)
class Learned:
    """What a reading of the counters gave.

    Args:
        requests: How many the new version has answered since the last look.
        trouble: Why nothing could be learned.
        of: Of which count that is so; None: of all.
    """

    evidence: Evidences
    requests: int = 0
    trouble: str | None = None
    of: Kind | None = None

    def missing(self, auto: Automatic) -> tuple[Kind, ...]:
        """The counts of which nothing could be learned."""
        if self.trouble is None:
            return ()
        return tuple(gates(auto)) if self.of is None else (self.of,)


def look(world: World, name: Name, rollout: Rollout, *, asks: bool = True) -> Looked | None:
    """Read all that the rollout is judged by; None: there is nothing to decide about.

    A source that is down, or that tells what cannot be true, is trouble, and never a failure.

    Args:
        world: The ports.
        name: The deployment.
        rollout: Its state.
        asks: Whether queries are asked too: not where its weights are so new that nobody was answered.
    """
    auto, judged = rollout.auto, rollout.judged
    if auto is None or judged is None or rollout.stable is None:
        return None
    stable = None if auto.bakes else rollout.stable.id
    counted = _count(world, name, auto, judged.id, stable)
    queried, trouble = auto.evidence.queried, None
    if asks:
        queried, trouble = _query(world, name, auto, judged.id, stable)
    evidence = counted.evidence.model_copy(update={"queried": queried, "missing": counted.missing(auto)})
    said = verdicts(auto.model_copy(update={"evidence": evidence}))
    return Looked(judged.id, evidence, said, counted.requests, counted.trouble or trouble)


def _count(
    world: World, name: Name, auto: Automatic, canary: RevisionId, stable: RevisionId | None
) -> Learned:
    known = auto.evidence
    if not _counts(auto):
        return Learned(known)
    try:
        counts = world.counters.read(name, [canary, stable] if stable else [canary])
    except PlatformctlError as error:
        return Learned(known, trouble=_words(error))
    reading = Reading(
        at=world.clock.now(), canary=counts[canary], stable=counts[stable] if stable else Counts()
    )
    return learned(auto, reading)


def _counts(auto: Automatic) -> bool:
    """Whether anything depends on what was answered: a gate, or the end of a step."""
    return bool(gates(auto)) or (not auto.bakes and auto.step.min_requests > 0)


def learned(auto: Automatic, reading: Reading) -> Learned:
    """What is known with one more reading. Pure."""
    known = auto.evidence
    silent = _silent(reading)
    if silent is not None:
        return Learned(known, trouble=f"no server of {silent} says what it has answered")
    bound = slowness.bound(auto, reading)
    trouble = slowness.trouble(auto, reading, bound)
    if known.reading is None:
        wrong = impossible(reading.canary, reading.stable)
        if wrong is not None:  # else what comes after it would look like counters that have fallen
            return Learned(known, trouble=wrong.why)
        return Learned(_begun(auto, _kept(reading, bound, auto), bound), trouble=trouble, of=Kind.LATENCY)
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
        "reading": _kept(_joined(known.reading, reading), bound, auto),
        "bound": bound,
    }
    evidence, nobodys = known.model_copy(update=update), _nobodys(known.reading, reading)
    requests = windows[Kind.ERRORS].canary.requests
    return Learned(evidence, requests, nobodys or trouble, of=None if nobodys else Kind.LATENCY)


def _begun(auto: Automatic, reading: Reading, bound: float | None) -> Evidences:
    """The first reading at these weights: what comes later is compared with it."""
    known, found = auto.evidence, gates(auto)
    standings = {
        kind: settled(found[kind], standing) if kind in found else standing
        for kind, standing in known.standings.items()
    }
    known = known.model_copy(update={"standings": standings, "reading": reading, "bound": bound})
    if not auto.bakes or known.limits:
        return known
    return known.model_copy(update={"limits": limits(auto.model_copy(update={"evidence": known}))})


def _joined(before: Reading, after: Reading) -> Reading:
    """The newest, with what it does not tell of servers that were told of before."""
    canary, stable = merged(before.canary, after.canary), merged(before.stable, after.stable)
    return Reading(at=after.at, canary=canary, stable=stable)


def _kept(reading: Reading, bound: float | None, auto: Automatic) -> Reading:
    """What of a reading is recorded."""
    if bound is None and auto.policy.gates.latency is not None:
        return reading
    canary, stable = (only(counts, bound or 0.0) for counts in (reading.canary, reading.stable))
    return Reading(at=reading.at, canary=canary, stable=stable)


def _silent(reading: Reading) -> str | None:
    """Whose servers say nothing at all, although each would by itself."""
    told = {"canary": reading.canary, "stable": reading.stable}
    return next((whose for whose, counts in told.items() if counts.parts == {}), None)


def _nobodys(before: Reading, after: Reading) -> str | None:
    """Errors of which nobody can say whose they are are no evidence, and no reason to go on either."""
    errors = lost(before.canary, after.canary)
    if not errors:
        return None
    return f"{errors:,} requests since the last look found no version: the router had no place to send them"


def _query(
    world: World, name: Name, auto: Automatic, canary: RevisionId, stable: RevisionId | None
) -> tuple[Mapping[str, Queried], str | None]:
    known, troubles = dict(auto.evidence.queried), []
    for gate in _asked(auto.policy.gates.queries, stable):
        try:
            value = _figure(world, name, gate, canary, stable)
        except PlatformctlError as error:
            known[gate.name] = known.get(gate.name, Queried()).model_copy(update={"trouble": _words(error)})
            troubles.append(f"{gate.name}: {known[gate.name].trouble}")
        else:
            known[gate.name] = asked(gate, known.get(gate.name, Queried()), value)
    return known, "; ".join(troubles) or None


def _asked(queries: Sequence[QueryGate], stable: RevisionId | None) -> Sequence[QueryGate]:
    """Those that have an answer: alone there is nothing to divide by."""
    return [gate for gate in queries if gate.of == "value" or stable is not None]


def _figure(
    world: World, name: Name, gate: QueryGate, canary: RevisionId, stable: RevisionId | None
) -> float:
    value = _value(world, name, gate, canary)
    if gate.of == "value" or stable is None:
        return value
    of_stable = _value(world, name, gate, stable)
    if not of_stable:
        raise Refused("it is 0 for the version that serves, so there is no ratio")
    if not math.isfinite(value / of_stable):
        raise Refused(f"{value:g} / {of_stable:g} is no ratio")
    return value / of_stable


def _value(world: World, name: Name, gate: QueryGate, revision: RevisionId) -> float:
    text = gate.query.replace("{revision}", revision).replace("{model}", name)
    return world.metrics.query(gate.address, text)


def _words(error: PlatformctlError) -> str:
    """What happened, and what to do in parentheses."""
    text = f"{error.message} ({error.hint})" if error.hint else error.message
    return text[:TROUBLE_LIMIT]
