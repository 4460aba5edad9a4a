"""The HTTPRoute of a deployment: who gets which share, and the rollout beside it.

No backend has filters of its own: gateways then keep them together, and lose nothing when weights change.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from platformctl.domain.cluster import Shape
from platformctl.domain.manifests import Manifest, labels
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route
from platformctl.render import names, records, served
from platformctl.render.templates import render

REVISION_HEADER = "x-platformctl-revision"
"""On a request: which live revision is to answer, whatever its weight. On an answer: who did."""

_TIMEOUT = "60s"
"""Until a request without a complete answer is a 504; as the local router has it."""

_RULES = 16
"""Gateway API takes no more."""

Rule = Mapping[str, Any]


def http_route(
    name: Name, route: Route, rollout: Rollout, live: Mapping[RevisionId, str], shape: Shape
) -> Manifest:
    """The HTTPRoute."""
    # Envoy Gateway knows a rule's backends by the rule's number: one that moves has another's for a moment.
    # So the rule that gets the requests stands before those that come and go. More headers win anyway.
    rules = [*_split(name, route, rollout, live), *_pinned(name, route, rollout, live)]
    return render(
        "httproute",
        name=name,
        namespace=shape.namespace,
        labels=labels(name),
        commit=records.FIRST,
        rollout=records.rollout(rollout),
        gateway_namespace=shape.gateway.namespace,
        gateway=shape.gateway.name,
        host=shape.host_of(name),
        rules=[served.rule(rules), *rules],
    )


def _pinned(name: Name, route: Route, rollout: Rollout, live: Mapping[RevisionId, str]) -> Iterator[Rule]:
    """A rule a live revision: it can be asked before it has weight, and the gateway knows its backend."""
    header = {"type": "Exact", "name": REVISION_HEADER}
    first = [*route.weights, *(revision.id for revision in rollout.retained)]
    chosen = [one for one in dict.fromkeys((*first, *sorted(live))) if one in live][: _RULES - 2]
    for revision in sorted(chosen):
        matches = [{**match, "headers": [{**header, "value": revision}]} for match in _paths(name)]
        yield _rule(matches, [_backend(live[revision])])


def _split(name: Name, route: Route, rollout: Rollout, live: Mapping[RevisionId, str]) -> Iterator[Rule]:
    backends = [
        _backend(live.get(revision) or _service(rollout, revision), weight)
        for revision, weight in sorted(route.weights.items())
    ]
    if backends:
        yield _rule(_paths(name), backends)


def _service(rollout: Rollout, revision: RevisionId) -> str:
    """Of one that is not there, which a gateway will say."""
    known = rollout.known(revision)
    return names.service(known) if known else names.component(revision, "predictor")


def _paths(name: Name) -> Sequence[dict[str, Any]]:
    """Exact paths: neither figures nor another model are to be had through the gateway."""
    return [
        {"path": {"type": "Exact", "value": f"/v1/models/{name}:predict"}},
        {"path": {"type": "Exact", "value": f"/v1/models/{name}"}},
        {"path": {"type": "PathPrefix", "value": f"/v2/models/{name}"}},
    ]


def _rule(matches: Sequence[Rule], backends: Sequence[Rule]) -> Rule:
    return {"matches": list(matches), "backendRefs": list(backends), "timeouts": {"request": _TIMEOUT}}


def _backend(service: str, weight: int = 1) -> Rule:
    port = names.SERVICE_PORT
    return {"group": "", "kind": "Service", "name": service, "port": port, "weight": weight}
