"""What rendering knows of a cluster, beside what is to serve: settings, never what was seen there.

The same spec and the same `Shape` give the same bytes, whoever renders them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from platformctl.domain.names import Name

KSERVE_VERSIONS = ("0.15", "0.16", "0.17", "0.19", "0.20")
"""Those whose schemas we have, oldest first. 0.18 was never to be had as a Go module."""


class Mode(StrEnum):
    """What KServe makes of an InferenceService."""

    STANDARD = "standard"
    """Deployments and Services; the route is ours."""
    KNATIVE = "knative"
    """A Knative Service, which also routes and sleeps."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """The Gateway of Gateway API that requests come through. The default is KServe's own."""

    namespace: str = "kserve"
    name: str = "kserve-ingress-gateway"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Images:
    """Where our model servers come from: references as a container registry knows them.

    Args:
        pull_secrets: Names of Secrets in the namespace.
    """

    predictor: str
    transformer: str
    pull_secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Storage:
    """How pods get at models.

    Args:
        mapping: From the beginning of an artifact's URI to what replaces it; the longest one wins.
        secret: A Secret of the namespace with the store's credentials, as KServe reads them.
        service_account: One that has them already; None: `secret` gets one of its own.
    """

    mapping: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    secret: str | None = None
    service_account: str | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a cluster.

    Args:
        namespace: Where everything of ours is.
        images: Our model servers'.
        kserve: Its version, one of KSERVE_VERSIONS.
        host: The host of a deployment; `{name}` and `{namespace}` stand for its own.
    """

    namespace: str
    images: Images
    kserve: str = KSERVE_VERSIONS[-1]
    gateway: Gateway = Gateway()
    host: str = "{name}-{namespace}.example.com"
    storage: Storage = Storage()

    def host_of(self, name: Name) -> str:
        """The host that a deployment answers to."""
        return self.host.replace("{name}", name).replace("{namespace}", self.namespace)
