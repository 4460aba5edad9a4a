"""The Gateway that requests come through, as this machine sees it."""

import socket
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import GATEWAY, SERVICE
from platformctl.adapters.cluster.api.objects import number
from platformctl.adapters.cluster.traffic import gateway as gateways
from platformctl.adapters.cluster.traffic.dialer import Dialer
from platformctl.adapters.cluster.traffic.doors import Door, Way
from platformctl.domain.cluster import Gateway
from platformctl.domain.errors import PlatformctlError, Unreachable
from platformctl.domain.manifests import Manifest


class Entrance:
    """One Gateway, as this machine sees it. What was found is remembered. Threads may share it.

    Args:
        api: The API server.
        gateway: Which Gateway.
        direct: Whether its own address is tried.
    """

    def __init__(self, api: Api, gateway: Gateway, *, direct: bool = True) -> None:
        self._api = api
        self._gateway = gateway
        self._dialer = Dialer(api, direct=direct)

    def outside(self, host: str) -> Sequence[Door]:
        """Where clients outside may reach it, whether or not this machine can.

        Raises:
            Unreachable: It is not there.
        """
        return self._way(host).doors

    def inside(self, host: str) -> Door | None:
        """Where clients in the cluster reach it; None: its Service is not found."""
        return self._way(host).inside

    def replicas(self) -> int:
        """How many proxies share the requests, as far as we may know; at least 1."""
        return max(1, len(self._dialer.pods(self.service)))

    def connect(self, host: str, seconds: float) -> socket.socket:
        """Open a connection for requests to a host.

        Raises:
            Unreachable: There is no way from here.
        """
        return self._dialer.dial(self._way(host), host, seconds)

    @cached_property
    def manifest(self) -> Manifest:
        """The Gateway as it was at the first look.

        Raises:
            Unreachable: It is not there.
        """
        found = self._api.get(GATEWAY, self._gateway.name, self._gateway.namespace)
        if found is None:
            raise Unreachable(
                f"there is no Gateway {self._gateway}",
                hint='name yours in platformctl.toml: gateway = "NAMESPACE/NAME"',
            )
        return found

    @cached_property
    def service(self) -> Manifest | None:
        """The Service in front of its proxies; None: it has none that we may find."""
        for selector, namespace in gateways.selectors(self.manifest):
            try:
                found = self._api.list(SERVICE, selector, namespace)
            except PlatformctlError:  # we may not look there: it is a convenience
                continue
            if found:
                return found[0]
        return None

    def _way(self, host: str) -> Way:
        listener = self._listener(host)
        return Way(
            to=f"the Gateway {self._gateway}",
            scheme=gateways.scheme(listener),
            port=number(listener, "port") or 0,
            doors=gateways.outside(self.manifest, self.service, listener),
            service=self.service,
            look=f"kubectl get gateway {self._gateway.name} -n {self._gateway.namespace}",
        )

    def _listener(self, host: str) -> Mapping[str, Any]:
        found = gateways.listener(self.manifest, self._api.namespace, host)
        if found is None:
            raise Unreachable(
                f"no listener of the Gateway {self._gateway} takes {host} from {self._api.namespace}",
                hint="platformctl doctor",
            )
        return found
