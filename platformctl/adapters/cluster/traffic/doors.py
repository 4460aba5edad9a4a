"""Addresses at which proxies take requests, as the Service in front of them has them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platformctl.adapters.cluster.api.objects import at, entries, name, number, text
from platformctl.domain.manifests import Manifest

DEFAULT_PORTS = {"http": 80, "https": 443}
"""By scheme."""

_NO_ADDRESS = "None"
"""What a Service without an IP of its own has in its place."""


@dataclass(frozen=True, slots=True)
class Door:
    """An address at which proxies take requests."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        """As a browser has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


@dataclass(frozen=True, slots=True)
class Way:
    """What is known of how proxies are reached.

    Args:
        to: What they are, in words.
        scheme: How they are spoken to.
        port: Of their Service.
        doors: Addresses, those that clients outside use first.
        service: In front of them; None: it is not known.
        look: A command that shows more.
    """

    to: str
    scheme: str
    port: int
    doors: Sequence[Door]
    service: Manifest | None
    look: str

    @property
    def inside(self) -> Door | None:
        """Where clients in the cluster reach them: by the name of their Service."""
        if self.service is None:
            return None
        host = f"{name(self.service)}.{text(self.service, 'metadata', 'namespace')}.svc"
        return Door(self.scheme, host, self.port)

    def pod_port(self, pod: Manifest) -> int | None:
        """The port of one of their pods that requests go to; None: it has none."""
        target = at(service_port(self.service or {}, self.port), "targetPort") or self.port
        if isinstance(target, int):
            return target
        containers = entries(pod, "spec", "containers")
        ports = (one for container in containers for one in entries(container, "ports"))
        return next((number(one, "containerPort") for one in ports if text(one, "name") == target), None)


def service_port(service: Manifest, wanted: int) -> Mapping[str, Any]:
    """What a Service says of one of its ports; an empty mapping if it has none of that number."""
    ports = entries(service, "spec", "ports")
    return next((one for one in ports if number(one, "port") == wanted), {})


def addresses(service: Manifest) -> Iterator[str]:
    """The addresses of a Service: its load balancer's, other external ones, and that within the cluster."""
    for one in entries(service, "status", "loadBalancer", "ingress"):
        yield from filter(None, (text(one, "ip"), text(one, "hostname")))
    external = at(service, "spec", "externalIPs")
    yield from (one for one in external or () if isinstance(one, str))
    own = text(service, "spec", "clusterIP")
    if own and own != _NO_ADDRESS:
        yield own
