"""Where a deployment goes: the namespace, and the Gateway that leads there."""

from collections.abc import Iterator

from platformctl.adapters.cluster.api.kinds import HTTP_ROUTE
from platformctl.adapters.cluster.api.objects import mapping, text
from platformctl.adapters.cluster.checking import pod_security
from platformctl.adapters.cluster.checking.check import Check
from platformctl.adapters.cluster.checking.discovery import Absent, Live
from platformctl.adapters.cluster.traffic import gateway
from platformctl.domain.cluster import Shape
from platformctl.domain.names import Name
from platformctl.domain.observed import Severity


def namespace(live: Live, shape: Shape) -> Iterator[Check]:
    """Whether it is there to stay, and what it asks of pods."""
    name = shape.namespace
    if live.namespace is Absent.FORBIDDEN:
        yield Check("namespace", f"{name} (we may not look at it)")
    elif isinstance(live.namespace, Absent):
        hint = f"kubectl create namespace {name}, or choose another one with --namespace"
        yield Check("namespace", f"there is no namespace {name}", Severity.ERROR, hint)
    elif text(live.namespace, "status", "phase") == "Terminating":
        message = f"namespace {name} is being removed: nothing can be made in it"
        hint = "choose another one with --namespace, or wait until it is gone, and make it anew"
        yield Check("namespace", message, Severity.ERROR, hint)
    else:
        yield Check("namespace", name)
        level = pod_security.level(live)
        enforced = f"{level} is enforced" if level else "nothing is enforced"
        yield Check("pod security", f"{enforced}; our pods pass restricted")


def has_gateways(live: Live) -> bool:
    """Whether the Gateway API is there."""
    return HTTP_ROUTE.api_version in live.groups


def entrance(live: Live, shape: Shape) -> Check:
    """Whether the Gateway lets our routes in."""
    if not has_gateways(live):
        hint = "install it with a controller such as Envoy Gateway: https://gateway-api.sigs.k8s.io/guides"
        return Check("gateway", "the Gateway API is not installed", Severity.ERROR, hint)
    if live.gateway is Absent.FORBIDDEN:
        return Check("gateway", f"{shape.gateway} (we may not look at it)")
    found = None if isinstance(live.gateway, Absent) else live.gateway
    labels = None if isinstance(live.namespace, Absent) else mapping(live.namespace, "metadata", "labels")
    host = shape.host_of(Name("name"))
    wrong = gateway.refusal(found, shape.gateway, shape.namespace, labels, host)
    if wrong is None:
        return Check("gateway", f"{shape.gateway} is accepted, and takes hosts such as {host}")
    where = shape.gateway
    look = "get gateways -A" if found is None else f"describe gateway -n {where.namespace} {where.name}"
    hint = f'kubectl {look}; gateway = "NAMESPACE/NAME" in the context chooses another one'
    return Check("gateway", wrong, Severity.ERROR, hint)
