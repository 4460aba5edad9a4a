"""A rollout that decides by itself, as `-o json` prints it; docs/cli-json.md lists the keys."""

from platformctl.cli.output import Document, moment
from platformctl.domain.automatic import Automatic
from platformctl.domain.durations import span
from platformctl.plan import policies
from platformctl.usecases.progress import Progress


def progress(found: Progress) -> Document:
    """How far one is."""
    auto = found.auto
    return {
        "revision": found.revision,
        "stable": found.stable,
        "share": found.share,
        "began": moment(auto.began),
        "deadline": moment(auto.began + span(auto.policy.deadline)),
        "step": _step(auto),
        "bakes": auto.bakes,
        "waits": found.waits,
        "paused": _pause(auto),
        "trouble": auto.trouble,
        "looked": moment(found.looked),
        "gates": [
            {"name": verdict.gate, "outcome": verdict.outcome.value, "text": verdict.text}
            for verdict in found.verdicts
        ],
        "assumes": list(policies.assumed(auto.policy)),
        "policy": auto.policy.model_dump(mode="json", by_alias=True),
    }


def _step(auto: Automatic) -> Document:
    return {
        "number": auto.index + 1,
        "of": len(auto.policy.steps),
        "weight": auto.step.weight,
        "since": moment(auto.stepped),
        "requests": auto.answered,
        "minRequests": auto.step.min_requests,
        "hold": auto.step.hold,
        "manual": auto.step.gate == "manual",
        "approved": auto.approved,
    }


def _pause(auto: Automatic) -> Document | None:
    pause = auto.pause
    if pause is None:
        return None
    return {"why": pause.why.value, "detail": pause.detail, "since": moment(pause.since)}
