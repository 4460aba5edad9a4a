"""What each replica asks for beside its servers: Knative puts its queue-proxy into every pod.

Source: knative.dev/serving v0.48, pkg/reconciler/revision/resources/queue.go.
"""

import math
from collections.abc import Mapping
from decimal import Decimal

from platformctl.adapters.cluster.api.amounts import amounts, parse
from platformctl.adapters.cluster.api.objects import entries, mapping
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.serving import Serving
from platformctl.domain.manifests import Manifest
from platformctl.domain.observed import Severity

_BY_DEFAULT = {
    "request": {"cpu": "25m", "memory": "400Mi"},
    "limit": {"cpu": "1000m", "memory": "800Mi"},
}
"""Where nothing is said: the request of cpu in any case, the others where Knative is to give defaults."""


def requests(serving: Serving) -> Mapping[str, Decimal]:
    """What it asks for, by resource; what Knative gives it by itself where we may not look."""
    usual = _BY_DEFAULT["request"]
    cpu, memory = (serving.told("config-deployment", *_keys(one, "request")) for one in usual)
    said = {
        "cpu": cpu or usual["cpu"],
        "memory": memory or (usual["memory"] if _has_defaults(serving) else ""),
    }
    return {resource: parse(amount) for resource, amount in said.items() if amount}


def named(serving: Serving) -> frozenset[str]:
    """Which of its requests and limits it names, as a quota does."""
    has_defaults = _has_defaults(serving)
    limits = {
        f"limits.{one}"
        for one in _BY_DEFAULT["limit"]
        if has_defaults or serving.told("config-deployment", *_keys(one, "limit")) is not None
    }
    # A limit without a request is a request too.
    requested = {one.replace("limits", "requests") for one in limits}
    return frozenset(limits | requested | {f"requests.{resource}" for resource in requests(serving)})


def setting(wanted: str) -> tuple[str, str]:
    """The key by which it names a request or a limit, and what Knative would give it by default."""
    kind, _, resource = wanted.partition(".")
    kind = kind.removesuffix("s")
    return _keys(resource, kind)[0], _BY_DEFAULT[kind][resource]


def check(serving: Serving) -> Check:
    """What each replica gets in addition."""
    return Check("queue-proxy", f"each replica asks for {_said(requests(serving))} more than its servers do")


def asked(serving: Serving, predictor: Manifest) -> Check:
    """What a replica asks for in all, and which part of that it is."""
    its = requests(serving)
    asks = [amounts(mapping(one, "resources", "requests")) for one in entries(predictor, "containers")]
    whole = {
        resource: sum((one.get(resource, Decimal(0)) for one in asks), its.get(resource, Decimal(0)))
        for resource in ("cpu", "memory")
    }
    text = f"each replica asks for {_said(whole)}; queue-proxy's part of that is {_said(its)}"
    return Check("queue-proxy", text, Severity.INFO, field="spec.resources")


def _has_defaults(serving: Serving) -> bool:
    return (serving.told("config-features", "queueproxy.resource-defaults") or "").lower() == "enabled"


def _keys(resource: str, kind: str) -> tuple[str, str]:
    """The key of a request or a limit, and the one that it had before."""
    old = {"cpu": "CPU", "memory": "Memory"}[resource]
    return f"queue-sidecar-{resource}-{kind}", f"queueSidecar{old}{kind.capitalize()}"


def _said(found: Mapping[str, Decimal]) -> str:
    units = {"cpu": (Decimal("0.001"), "m"), "memory": (Decimal(2**20), "Mi")}
    return " and ".join(
        f"{math.ceil(amount / units[resource][0])}{units[resource][1]} {resource}"
        for resource, amount in found.items()
    )
