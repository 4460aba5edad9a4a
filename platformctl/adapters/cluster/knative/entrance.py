"""Knative's ingress, as this machine sees it: which one serves a deployment, and how it is reached."""

import socket
import threading
from collections.abc import Iterator, Sequence

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import KINGRESS, SERVICE
from platformctl.adapters.cluster.knative import kingress
from platformctl.adapters.cluster.knative.kingress import LoadBalancer
from platformctl.adapters.cluster.traffic.dialer import Dialer
from platformctl.adapters.cluster.traffic.doors import DEFAULT_PORTS, Way
from platformctl.domain.errors import PlatformctlError, Unreachable
from platformctl.domain.manifests import Manifest
from platformctl.domain.names import Name


class Entrance:
    """The ingresses of a namespace's deployments. What was found is remembered. Threads may share it.

    Args:
        api: The API server.
        direct: Whether their own addresses are tried.
    """

    def __init__(self, api: Api, *, direct: bool = True) -> None:
        self._api = api
        self._dialer = Dialer(api, direct=direct)
        self._lock = threading.Lock()
        self._ways: dict[tuple[Name, str], Way] = {}

    def connect(self, name: Name, host: str, seconds: float) -> socket.socket:
        """Open a connection for requests to a host of a deployment.

        Raises:
            Unreachable: Nothing serves it, or there is no way from here.
        """
        return self._dialer.dial(self.way(name, host), host, seconds)

    def way(self, name: Name, host: str) -> Way:
        """How a host of a deployment is reached. What is not there yet is looked for again.

        Raises:
            Unreachable: Nothing serves it.
        """
        with self._lock:
            if (name, host) not in self._ways:
                self._ways[name, host] = self._find(name, host)
            return self._ways[name, host]

    def _find(self, name: Name, host: str) -> Way:
        ingress = self._api.get(KINGRESS, kingress.ksvc(name))
        where = None if ingress is None else kingress.load_balancer(ingress, host)
        if ingress is None or where is None:
            raise Unreachable(
                f"requests do not get to {name} yet: {kingress.unserved(ingress)}",
                hint=f"kubectl describe kingress {kingress.ksvc(name)} -n {self._api.namespace}; "
                "platformctl doctor says whether Knative's ingress is there",
            )
        services = list(self._services(where.services))
        scheme = kingress.scheme(ingress, host)
        return Way(
            to=f"Knative's ingress {_name(where)}".rstrip(),
            scheme=scheme,
            port=DEFAULT_PORTS[scheme],
            doors=kingress.doors(where, services, scheme, host),
            service=services[0] if services else None,
            look=_look(where),
        )

    def _services(self, names: Sequence[tuple[str, str]]) -> Iterator[Manifest]:
        """The Services that are there; of those that we may not read the names alone."""
        for namespace, name in names:
            try:
                found = self._api.get(SERVICE, name, namespace)
            except PlatformctlError:
                found = {"metadata": {"namespace": namespace, "name": name}}
            if found is not None:
                yield found


def _name(where: LoadBalancer) -> str:
    return "/".join(where.services[0]) if where.services else ", ".join(where.others)


def _look(where: LoadBalancer) -> str:
    if not where.services:
        return "kubectl get configmap config-network -n knative-serving -o yaml"
    namespace, name = where.services[0]
    return f"kubectl get service,endpointslices -n {namespace} {name}"
