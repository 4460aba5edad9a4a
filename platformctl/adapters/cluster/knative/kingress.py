"""What Knative's objects say of how requests get to them: hosts, and the ingress that serves these. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from platformctl.adapters.cluster.api.objects import annotation, at, condition, entries, text
from platformctl.adapters.cluster.traffic.acceptance import because
from platformctl.adapters.cluster.traffic.doors import DEFAULT_PORTS, Door, addresses
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name

CLASS = "networking.knative.dev/ingress.class"
"""The annotation that says whose an ingress is."""

_CLUSTER_LOCAL = "ClusterLocal"
_SERVICE = "svc"


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """What takes requests for an ingress, as that has said.

    Args:
        services: Namespaces and names of Services in front of its proxies.
        others: Its other addresses: IPs, and names that are no Services.
    """

    services: tuple[tuple[str, str], ...] = ()
    others: tuple[str, ...] = ()


def ksvc(name: Name) -> str:
    """The name of the Knative Service that KServe makes of a deployment, and of its Route and ingress."""
    return f"{name}-predictor"


def url(inference_service: Manifest) -> str:
    """Where a deployment answers, as Knative has it; "": nowhere yet.

    Not `status.url`: where KServe is told of an Istio that is not there, that names a host of nobody.
    """
    found = text(inference_service, "status", "components", "predictor", "url")
    return found or text(inference_service, "status", "url")


def scheme(ingress: Manifest, host: str) -> str:
    """How a host is asked: with TLS where the ingress has a certificate for it, and wants it used."""
    secured = any(host in (at(one, "hosts") or ()) for one in entries(ingress, "spec", "tls"))
    return "https" if secured and text(ingress, "spec", "httpOption") == "Redirected" else "http"


def load_balancer(ingress: Manifest, host: str) -> LoadBalancer | None:
    """Where the load balancer is that serves a host; None: the ingress has none yet."""
    kind = "privateLoadBalancer" if _is_local(ingress, host) else "publicLoadBalancer"
    said = entries(ingress, "status", kind, "ingress")
    if not said:
        return None
    internal = (_service(text(one, "domainInternal")) for one in said)
    others = (text(one, key) for one in said for key in ("ip", "domain"))
    return LoadBalancer(tuple(filter(None, internal)), tuple(filter(None, others)))


def doors(where: LoadBalancer, services: Sequence[Manifest], scheme: str, host: str) -> Sequence[Door]:
    """Where a load balancer may be reached; if no address is known, by names that a DNS may know.

    Args:
        where: The load balancer.
        services: Its Services, as far as they could be read.
        scheme: How it is spoken to.
        host: What is asked.
    """
    known = [*where.others, *(address for service in services for address in addresses(service))]
    names = [host, *(f"{name}.{namespace}.{_SERVICE}" for namespace, name in where.services)]
    return [Door(scheme, address, DEFAULT_PORTS[scheme]) for address in dict.fromkeys(known or names)]


def unserved(ingress: Manifest | None) -> str:
    """Why an ingress serves nothing yet, in words."""
    if ingress is None:
        return "Knative has made no ingress for it yet"
    whose = annotation(ingress, CLASS)
    taken = f"of the class {whose} " if whose else ""
    said = list(_wrong(ingress))
    if not entries(ingress, "status", "conditions"):
        return f"no controller {taken}has looked at its ingress: it may not be installed"
    return f"its ingress {taken}is not served{because(said[0] if said else {})}"


def _wrong(ingress: Manifest) -> Iterator[Mapping[str, object]]:
    for kind in ("NetworkConfigured", "LoadBalancerReady", "Ready"):
        said = condition(ingress, kind)
        if text(said, "status") != "True":
            yield said


def _is_local(ingress: Manifest, host: str) -> bool:
    """Whether a host is for clients in the cluster only."""
    rules = (rule for rule in entries(ingress, "spec", "rules") if host in (at(rule, "hosts") or ()))
    return any(text(rule, "visibility") == _CLUSTER_LOCAL for rule in rules)


def _service(domain: str) -> tuple[str, str] | None:
    """Namespace and name of the Service that a name of the cluster's DNS stands for."""
    match domain.rstrip(".").split("."):
        case [name, namespace, kind, *_] if kind == _SERVICE:
            return namespace, name
    return None
