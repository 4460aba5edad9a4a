"""What a KIngress means as HTTPRoutes: decisions only.

Envoy Gateway names an Envoy cluster by its HTTPRoute, the number of the rule and the number of the backend.
What a name stands for must not change while requests go there, and a new name is unknown for a moment. So
each HTTPRoute has slots, a rule each, that pass through four roles:

    empty    no backends
    next     is prepared behind a header that only probes send, until all its backends have answered
    live     takes the requests
    retired  was live before: its clusters stay until the requests in them are done

One update makes `next` live, `live` retired and `retired` empty. Only weights may change in place.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]

PROBED = "K-Network-Hash"
"""The header that tells generations of routing apart: the answer to a probe repeats it."""
LABEL = "tests.platformctl.io/kingress"
"""Of an HTTPRoute: the KIngress that it is for."""

_SLOTS = 4
"""One more than roles may want: what was prepared in vain is emptied before its number is used again."""
_EMPTY, _LIVE, _RETIRED = "empty", "live", "retired"
_KEPT = (_LIVE, _RETIRED)


class Unsupported(Exception):
    """A KIngress asks for what the stand-in does not do."""


@dataclass(frozen=True)
class Way:
    """Where the requests to some hosts go: what one HTTPRoute says.

    Args:
        ingress: The KIngress.
        name: The HTTPRoute's; the same as long as the hosts are.
        hosts: For which it is.
        splits: The backends that get requests, each with its percentage and headers.
        generation: The KIngress's, as a text that no other has.
    """

    ingress: Object
    name: str
    hosts: Sequence[str]
    splits: Sequence[Object]
    generation: str

    @property
    def marks(self) -> list[str]:
        """What probes of the next slot are answered, by one backend each."""
        return [f"{self.generation}-{index}" for index in range(len(self.splits))]


def ways(ingress: Object) -> list[Way]:
    """The ways of a KIngress.

    Its hosts inside and outside the cluster, which it has rules of their own for, go one way: there is one
    gateway, and half as much to change.

    Raises:
        Unsupported: It has what the stand-in leaves out.
    """
    generation = f"{_sum(ingress['metadata']['uid'])}x{ingress['metadata']['generation']}"
    hosts: dict[str, list[str]] = {}
    splits: dict[str, list[Object]] = {}
    for rule in ingress["spec"].get("rules") or ():
        label = rule["hosts"][0].partition(".")[0]
        hosts.setdefault(label, []).extend(rule["hosts"])
        if splits.setdefault(label, _splits(rule)) != _splits(rule):
            raise Unsupported("one name that means another thing inside the cluster")
    prefix = ingress["metadata"]["name"][:200]
    return [
        Way(ingress, f"{prefix}-{_sum(sorted(hosts[label]))}", hosts[label], splits[label], generation)
        for label in hosts
    ]


def _splits(rule: Object) -> list[Object]:
    paths = rule["http"]["paths"]
    if len(paths) != 1 or any(paths[0].get(field) for field in ("path", "headers", "rewriteHost")):
        raise Unsupported("paths, headers to match, and hosts to rewrite")
    [path] = paths
    only = len(path["splits"]) == 1
    common = path.get("appendHeaders") or {}
    splits: list[Object] = [
        {**split, "appendHeaders": {**common, **(split.get("appendHeaders") or {})}}
        for split in path["splits"]
        if split.get("percent", 100 if only else 0) > 0
    ]
    if not splits:
        raise Unsupported("rules without traffic")
    return splits


def _sum(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def live_generation(route: Object) -> str | None:
    """The generation that an HTTPRoute sends requests by; None: by none yet."""
    live = _live(_slots(route))
    return None if live is None else str(dict(_headers(live["backendRefs"][0]))[PROBED])


def unchanged(way: Way, route: Object | None) -> bool:
    """Whether requests go that way already, by whatever generation."""
    live = _live(_slots(route))
    wanted = _rule(way.splits, [way.generation] * len(way.splits), _match())
    return live is not None and _meaning(live) == _meaning(wanted)


def in_place(way: Way, route: Object | None) -> bool:
    """Whether only weights differ from what is live: each backend has its cluster already."""
    live = _live(_slots(route))
    there = [_of_reference(reference) for reference in live["backendRefs"]] if live is not None else []
    return len(set(there)) == len(there) and sorted(there) == sorted(map(_of_split, way.splits))


def warming(way: Way, route: Object | None, gateway: str) -> dict[str, Any]:
    """The HTTPRoute with the way in a slot that was empty, and requests as before."""
    slots = _slots(route)
    roles = [_role(slot) for slot in slots]
    if way.generation not in roles:  # else it was prepared before something failed
        even = [{**split, "percent": 1} for split in way.splits]  # each is found as easily as the others
        slots = [slot if roles[at] in _KEPT else _empty(at) for at, slot in enumerate(slots)]
        slots[roles.index(_EMPTY)] = _rule(even, way.marks, _match(way.generation))
    return _route(way, slots, gateway)


def switched(way: Way, route: Object | None, gateway: str) -> dict[str, Any]:
    """The HTTPRoute that sends requests by the way: from the slot where it is warm, or in place."""
    slots = _slots(route)
    if in_place(way, route):
        changed = [_reweighted(way, slot) if _role(slot) == _LIVE else slot for slot in slots]
    else:
        changed = [_passed_on(way, slot, at) for at, slot in enumerate(slots)]
    return _route(way, changed, gateway)


def _passed_on(way: Way, slot: Object, at: int) -> Object:
    """A slot in its next role."""
    match _role(slot):
        case way.generation:
            return _rule(way.splits, [way.generation] * len(way.splits), _match())
        case role if role == _LIVE:
            return {**slot, "matches": [_match(f"{_RETIRED}-{at}")]}
        case _:
            return _empty(at)


def _reweighted(way: Way, slot: Object) -> Object:
    order = [_of_reference(reference) for reference in slot["backendRefs"]]
    splits = sorted(way.splits, key=lambda split: order.index(_of_split(split)))
    return _rule(splits, [way.generation] * len(splits), _match())


def status(ingress: Object, domain: str, now: str) -> dict[str, Any]:
    """What is said of a KIngress whose routing is served."""
    types = ("LoadBalancerReady", "NetworkConfigured", "Ready")
    said = [{"type": each, "status": "True", "lastTransitionTime": now} for each in types]
    balancer = {"ingress": [{"domainInternal": domain}]}
    return {
        "observedGeneration": ingress["metadata"]["generation"],
        "conditions": said,
        "publicLoadBalancer": balancer,
        "privateLoadBalancer": balancer,
    }


def _slots(route: Object | None) -> list[Object]:
    return list(route["spec"]["rules"]) if route is not None else [_empty(at) for at in range(_SLOTS)]


def _role(slot: Object) -> str:
    """Its role; of one that is next: its generation."""
    headers = slot["matches"][0].get("headers")
    value: str = headers[0]["value"] if headers else _LIVE
    return value.partition("-")[0]


def _live(slots: Sequence[Object]) -> Object | None:
    return next((slot for slot in slots if _role(slot) == _LIVE), None)


def _of_split(split: Object) -> tuple[str, int]:
    return str(split["serviceName"]), int(split["servicePort"])


def _of_reference(reference: Object) -> tuple[str, int]:
    return str(reference["name"]), int(reference["port"])


def _meaning(slot: Object) -> list[tuple[str, int, int, list[tuple[str, str]]]]:
    """Where a slot sends to, whatever the order."""
    return sorted(
        (
            *_of_reference(reference),
            reference["weight"],
            [header for header in _headers(reference) if header[0] != PROBED],
        )
        for reference in slot["backendRefs"]
    )


def _headers(reference: Object) -> list[tuple[str, str]]:
    """Those that a backend gets."""
    listed = reference["filters"][0]["requestHeaderModifier"]["set"]
    return [(header["name"], header["value"]) for header in listed]


def _match(probe: str | None = None) -> dict[str, Any]:
    headers = [{"type": "Exact", "name": PROBED, "value": probe}] if probe else []
    return {"path": {"type": "PathPrefix", "value": "/"}, **({"headers": headers} if headers else {})}


def _rule(splits: Sequence[Object], marks: Sequence[str], match: Object) -> dict[str, Any]:
    references = [
        {
            "group": "",
            "kind": "Service",
            "name": split["serviceName"],
            "namespace": split["serviceNamespace"],
            "port": split["servicePort"],
            "weight": split.get("percent", 100),
            "filters": [_added({**split["appendHeaders"], PROBED: mark})],
        }
        for split, mark in zip(splits, marks, strict=True)
    ]
    return {"matches": [match], "backendRefs": references, "timeouts": {"request": "0s"}}


def _added(headers: Mapping[str, str]) -> dict[str, Any]:
    listed = [{"name": name, "value": value} for name, value in sorted(headers.items())]
    return {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": listed}}


def _empty(at: int) -> dict[str, Any]:
    """A rule without backends that no request meets: it keeps its number, and has no clusters."""
    redirect = {"statusCode": 302, "hostname": "nowhere.invalid"}
    filters = [{"type": "RequestRedirect", "requestRedirect": redirect}]
    return {"matches": [_match(f"{_EMPTY}-{at}")], "filters": filters}


def _route(way: Way, slots: Sequence[Object], gateway: str) -> dict[str, Any]:
    metadata = way.ingress["metadata"]
    namespace, _, name = gateway.partition("/")
    owner = {
        "apiVersion": way.ingress["apiVersion"],
        "kind": "Ingress",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": way.name,
            "namespace": metadata["namespace"],
            "labels": {LABEL: metadata["uid"]},
            "ownerReferences": [owner],
        },
        "spec": {
            "parentRefs": [{"namespace": namespace, "name": name}],
            "hostnames": list(way.hosts),
            "rules": list(slots),
        },
    }
