"""The documents of `analyze -o json`. Their keys are promised: docs/cli-json.md lists them."""

from collections.abc import Sequence

from platformctl.cli.output import Document, document, moment
from platformctl.domain.automatic import Automatic
from platformctl.domain.gates import Kind, Standing, Verdict
from platformctl.domain.names import Name, RevisionId
from platformctl.usecases.analyze import Analysis, Outlook
from platformctl.usecases.replay import Replayed


def analysis(found: Analysis) -> Document:
    """A rollout that is judged."""
    return document(
        "Analysis",
        name=found.name,
        canary=found.canary,
        stable=found.stable,
        share=found.share,
        at=moment(found.at),
        began=moment(found.auto.began),
        waits=found.waits,
        requestsPerSecond=found.rate,
        shares=[{"at": moment(mark.at), "share": mark.share} for mark in found.marks],
        gates=[_gate(each.verdict, found.auto, each.outlook) for each in found.gates],
        points=_points(found.auto),
    )


def replayed(name: Name, canary: RevisionId, stable: RevisionId, found: Replayed) -> Document:
    """What would have become of one."""
    return document(
        "Replay",
        name=name,
        canary=canary,
        stable=stable,
        ending=found.ending.value,
        at=moment(found.at),
        began=moment(found.auto.began),
        why=found.why,
        readings=found.readings,
        missed=[{"at": moment(each.at), "why": each.why} for each in found.missed],
        leftOut=list(found.left_out),
        steps=[{"at": moment(step.at), "weight": step.weight, "why": step.why} for step in found.steps],
        gates=[_gate(verdict, found.auto, None) for verdict in found.verdicts],
        points=_points(found.auto),
        policy=found.auto.policy.model_dump(mode="json", by_alias=True),
    )


def _gate(verdict: Verdict, auto: Automatic, outlook: Outlook | None) -> Document:
    known = auto.evidence.standings
    standing = known.get(Kind(verdict.gate)) if verdict.gate in set(Kind) else None
    return {
        "name": verdict.gate,
        "outcome": verdict.outcome.value,
        "text": verdict.text,
        "counts": _counts(standing) if standing else None,
        "forecast": _forecast(outlook) if outlook else None,
    }


def _counts(standing: Standing) -> Document:
    tallies = {"canary": standing.compared.canary, "stable": standing.compared.stable, "seen": standing.seen}
    return {whose: {"requests": tally.requests, "events": tally.events} for whose, tally in tallies.items()}


def _forecast(outlook: Outlook) -> Document:
    told = outlook.forecast
    return {
        "outcome": told.outcome.value,
        "requests": told.requests,
        "seconds": round(outlook.time.total_seconds()) if outlook.time is not None else None,
        "alike": {"outcome": outlook.alike.outcome.value, "requests": outlook.alike.requests},
        "rates": {"canary": told.rates.canary, "stable": told.rates.stable, "share": told.rates.share},
    }


def _points(auto: Automatic) -> Sequence[Document]:
    return [
        {
            "at": moment(point.at),
            "requests": point.requests,
            "gates": [
                {"name": kind.value, "worse": point.worse[kind], "good": point.good[kind]}
                for kind in point.worse
            ],
        }
        for point in auto.evidence.points
    ]
