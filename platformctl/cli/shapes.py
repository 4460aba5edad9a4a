"""The documents that `-o json` prints. Their keys are promised: docs/cli-json.md lists them."""

from collections.abc import Mapping, Sequence

from platformctl.cli.output import Document, document, moment
from platformctl.cli.progress_shapes import progress
from platformctl.domain.automatic import Automatic
from platformctl.domain.counts import Counts
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Observed, RevisionStatus, Serving, Summary
from platformctl.domain.revision import Revision
from platformctl.domain.rollout import Record, Rollout
from platformctl.usecases.outcome import Outcome
from platformctl.usecases.progress import RolloutStatus
from platformctl.usecases.read import History, Status


def role(rollout: Rollout, revision: RevisionId) -> str:
    """What a live revision is for: stable, canary, preparing, previous, or left over."""
    candidate = rollout.candidate
    if rollout.stable and rollout.stable.id == revision:
        return "stable"
    if candidate and candidate.revision.id == revision:
        return "canary" if candidate.share else "preparing"
    return "previous" if any(r.id == revision for r in rollout.previous) else "leftover"


_ROLES = ("stable", "canary", "preparing", "previous", "leftover")


def shown(observed: Observed) -> list[RevisionId]:
    """The revisions in the order in which they are shown: those that are live or should be."""
    rollout = observed.rollout
    named = {**observed.route.weights, **observed.revisions}
    return sorted(named, key=lambda revision: _ROLES.index(role(rollout, revision)))


def served(observed: Observed, revision: RevisionId) -> int | None:
    """The percentage that it is given now; None where the target cannot tell."""
    return observed.served.share(revision) if observed.served else None


def status(found: Status) -> Document:
    """How a deployment is."""
    rollout = progress(found.progress) if found.progress else None
    shape = deployment(found.name, found.observed, found.counts)
    return document("Status", **shape, rollout=rollout, **_verdict(found))


def rollout_status(found: RolloutStatus) -> Document:
    """How the rollout of a deployment is."""
    return document(
        "RolloutStatus",
        name=found.name,
        at=moment(found.at),
        rollout=progress(found.progress) if found.progress else None,
        last=record(found.last) if found.last else None,
        problems=[finding(problem) for problem in found.problems],
    )


def _verdict(found: Status) -> Document:
    return {"degraded": found.is_degraded, "problems": [finding(problem) for problem in found.problems]}


def deployment(name: Name, observed: Observed, counts: Mapping[RevisionId, Counts] | None) -> Document:
    """A deployment; without counts the figures are null."""
    rollout = observed.rollout
    return {
        "name": name,
        "url": observed.url,
        "host": observed.host,
        "inside": observed.inside,
        "accepted": observed.accepted,
        "phase": rollout.phase.value,
        "since": moment(rollout.since),
        "goal": rollout.candidate.goal if rollout.candidate else None,
        "revisions": [_revision(observed, revision, counts) for revision in shown(observed)],
        "rejected": [
            {"revision": r.revision, "reason": r.reason, "at": moment(r.at)} for r in rollout.rejected
        ],
        "spec": rollout.wanted.model_dump(mode="json", by_alias=True) if rollout.wanted else None,
    }


def _revision(
    observed: Observed, revision: RevisionId, counts: Mapping[RevisionId, Counts] | None
) -> Document:
    status = observed.revisions.get(revision)
    known = observed.rollout.known(revision)
    return {
        "id": revision,
        "role": role(observed.rollout, revision),
        "share": observed.route.share(revision),
        "served": served(observed, revision),
        **_model(known),
        "replicas": status.replicas if status else 0,
        "ready": status.ready if status else 0,
        "asleep": status.asleep if status else False,
        "restarts": status.restarts if status else 0,
        "since": moment(status.since) if status else None,
        "failure": status.failure if status else None,
        "detail": status.detail if status else "it is not there",
        "created": moment(status.created) if status else None,
        "backing": list(status.backing) if status else [],
        "scaling": _scaling(status) if status and status.bounds else None,
        "lacks": list(status.lacks) if status else [],
        "address": status.address if status else None,
        "serving": _serving(status.serving) if status and status.serving else None,
        "traffic": _traffic(counts.get(revision)) if counts else None,
    }


def _scaling(status: RevisionStatus) -> Document:
    least, most = status.bounds or (status.replicas, status.replicas)
    return {
        "min": least,
        "max": most,
        "gauges": [
            {"name": gauge.name, "target": gauge.target, "now": gauge.now or None} for gauge in status.gauges
        ],
    }


def _serving(serving: Serving) -> Document:
    return {
        "runtime": serving.runtime,
        "why": serving.why,
        "faster": [{"runtime": faster.runtime, "needs": faster.needs} for faster in serving.faster],
        "transformer": serving.transformer,
        "batch": {"rows": serving.batch_rows, "byRow": serving.by_row},
        "gpu": serving.gpu,
        "libraries": dict(serving.libraries),
    }


def _model(revision: Revision | None) -> Document:
    model = revision.model if revision else None
    return {
        "model": model.model if model else None,
        "version": model.version if model else None,
        "uri": model.uri if model else None,
    }


def _traffic(counts: Counts | None) -> Document | None:
    if counts is None:
        return None
    return {
        "requests": counts.requests,
        "errors": counts.errors,
        "clientErrors": counts.rejected,
        "latencyMilliseconds": {
            "p50": counts.quantile(0.5),
            "p95": counts.quantile(0.95),
            "p99": counts.quantile(0.99),
        },
    }


def finding(found: Finding) -> Document:
    """Something that was found."""
    return {
        "severity": found.severity.value,
        "message": found.message,
        "field": found.field or None,
        "hint": found.hint or None,
    }


def outcome(done: Outcome) -> Document:
    """What was done, and how the deployment is afterwards."""
    return document(
        "Outcome",
        changed=done.changed,
        text=done.text,
        deployment=deployment(done.name, done.observed, None),
    )


def rehearsal(
    name: Name | None, changes: Sequence[str], findings: Sequence[Finding], revision: RevisionId | None
) -> Document:
    """What a dry run would change."""
    return document(
        "DryRun",
        name=name,
        revision=revision,
        changes=list(changes),
        findings=[finding(found) for found in findings],
    )


def summaries(found: Sequence[Summary]) -> Document:
    """The deployments."""
    return document(
        "DeploymentList",
        deployments=[
            {
                "name": summary.name,
                "phase": summary.rollout.phase.value,
                "since": moment(summary.rollout.since),
                "weights": dict(summary.route.weights),
                "rollout": _mark(summary.rollout.auto) if summary.rollout.auto else None,
                "problem": summary.problem or None,
            }
            for summary in found
        ],
    )


def _mark(auto: Automatic) -> Document:
    return {
        "step": auto.index + 1,
        "steps": len(auto.policy.steps),
        "bakes": auto.bakes,
        "paused": auto.pause.why.value if auto.pause else None,
        "trouble": auto.trouble,
    }


def history(name: Name, found: History) -> Document:
    """What has happened, and to what a rollback can go back."""
    return document(
        "History",
        name=name,
        records=[record(each) for each in found.records],
        previous=[{"revision": one, "live": is_live} for one, is_live in found.previous.items()],
    )


def record(found: Record) -> Document:
    """Something that has happened."""
    return {
        "at": moment(found.at),
        "event": found.event,
        "revision": found.revision,
        "detail": found.detail,
    }


def logs(found: Mapping[RevisionId, Sequence[str]]) -> Document:
    """Last lines by revision."""
    return document(
        "Logs", revisions=[{"id": revision, "lines": list(lines)} for revision, lines in found.items()]
    )
