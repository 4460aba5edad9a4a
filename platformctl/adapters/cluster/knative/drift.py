"""What of a deployment in Knative mode is not as it is recorded, and whose doing that is. Pure."""

from collections.abc import Iterator, Mapping

from platformctl.adapters.cluster.knative.seen import Seen, editors, percentage
from platformctl.adapters.cluster.state.recorded import Recorded
from platformctl.domain.manifests import MANAGER
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Finding, Severity

_PREDICTOR = ("spec", "predictor")
_PERCENTAGE = "canaryTrafficPercent"


def findings(name: Name, seen: Seen, recorded: Recorded) -> tuple[Finding, ...]:
    """What is wrong with the objects, beside how their revisions are."""
    return tuple(_all(name, seen, recorded))


def _all(name: Name, seen: Seen, recorded: Recorded) -> Iterator[Finding]:
    weights = recorded.route.weights
    if seen.service is None:
        if weights:
            text = f"InferenceService {name} is not there: somebody has removed it, and nobody answers"
            yield Finding(Severity.ERROR, text, hint=f"platformctl delete {name}, and deploy it anew")
        return
    edited = _percentage_editor(seen)
    shares = seen.shares
    if weights and sum(shares.values()) and dict(shares) != dict(weights):
        by = f", as {edited} has set the percentage to {seen.percent}" if edited else ""
        text = f"requests go to {_said(shares)}, where {_said(weights)} is recorded{by}"
        yield Finding(Severity.WARNING, text, _field(name, _PERCENTAGE), _way_out(name, edited))
    elif weights and seen.percent > percentage(seen, recorded.route):
        by = f"{edited} has set the percentage to" if edited else "the percentage is"
        text = f"{by} {seen.percent}, which {seen.template} gets as soon as it is ready, asked or not"
        yield Finding(Severity.WARNING, text, _field(name, _PERCENTAGE), _way_out(name, edited))
    others = [who for who in editors(seen.service, MANAGER, *_PREDICTOR) if who != edited]
    if others:
        text = f"the template was edited by {others[0]}: what serves need not be what {seen.template} says"
        yield Finding(Severity.WARNING, text, _field(name), _way_out(name, others[0]))
    if weights and not seen.is_routed and seen.says_otherwise:
        text = f"requests are not routed as recorded: {seen.says_otherwise}"
        yield Finding(Severity.WARNING, text, hint="platformctl doctor")


def _percentage_editor(seen: Seen) -> str:
    found = editors(seen.service or {}, MANAGER, *_PREDICTOR, _PERCENTAGE)
    return found[0] if found else ""


def _field(name: Name, *keys: str) -> str:
    return f"InferenceService {name}: {'.'.join((*_PREDICTOR, *keys))}"


def _way_out(name: Name, edited: str) -> str:
    if not edited:
        return f"platformctl prune {name} brings it to what is recorded"
    return (
        f"`--force-conflicts` on the next change puts it back (platformctl prune {name} --force-conflicts); "
        "deploy, promote and rollback are the ways to change it"
    )


def _said(weights: Mapping[RevisionId, int]) -> str:
    return ", ".join(f"{revision} {weight} %" for revision, weight in sorted(weights.items())) or "nobody"
