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

_CPU, _MEMORY = "25m", "400Mi"
"""Its requests where nothing is said: that of memory only where Knative is told to give it defaults."""


def requests(serving: Serving) -> Mapping[str, Decimal]:
    """What it asks for, by resource; what Knative gives it by itself where we may not look."""
    defaults = (serving.told("config-features", "queueproxy.resource-defaults") or "").lower() == "enabled"
    cpu = serving.told("config-deployment", "queue-sidecar-cpu-request", "queueSidecarCPURequest")
    memory = serving.told("config-deployment", "queue-sidecar-memory-request", "queueSidecarMemoryRequest")
    said = {"cpu": cpu or _CPU, "memory": memory or (_MEMORY if defaults else "")}
    return {resource: parse(amount) for resource, amount in said.items() if amount}


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


def _said(found: Mapping[str, Decimal]) -> str:
    units = {"cpu": (Decimal("0.001"), "m"), "memory": (Decimal(2**20), "Mi")}
    return " and ".join(
        f"{math.ceil(amount / units[resource][0])}{units[resource][1]} {resource}"
        for resource, amount in found.items()
    )
