"""How this machine gets to a Gateway: directly where it can, else through the API server."""

import random
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import GATEWAY, POD, SERVICE
from platformctl.adapters.cluster.api.objects import condition, is_leaving, mapping, name, text
from platformctl.adapters.cluster.api.portforward import tunnel
from platformctl.adapters.cluster.traffic import gateway as gateways
from platformctl.adapters.cluster.traffic.gateway import Door
from platformctl.domain.cluster import Gateway
from platformctl.domain.errors import PlatformctlError, Unreachable
from platformctl.domain.manifests import Manifest

_LOOK_SECONDS = 1.0
"""After which an address that does not take a connection is not reachable from here."""


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
        self._direct = direct
        self._lock = threading.Lock()
        self._door: Door | None = None
        self._looked = False

    def outside(self, host: str) -> Sequence[Door]:
        """Where clients outside may reach it, whether or not this machine can.

        Raises:
            Unreachable: It is not there.
        """
        return gateways.outside(self.manifest, self.service, self._listener(host))

    def inside(self, host: str) -> Door | None:
        """Where clients in the cluster reach it; None: its Service is not found."""
        return gateways.inside(self.service, self._listener(host)) if self.service else None

    def replicas(self) -> int:
        """How many proxies share the requests, as far as we may know; at least 1."""
        return max(1, len(self._pods())) if self.service else 1

    def connect(self, host: str, seconds: float) -> socket.socket:
        """Open a connection for requests to a host.

        Raises:
            Unreachable: There is no way from here.
        """
        door = self._reachable(host)
        if door is None:
            return self._tunnel(host, seconds)
        try:
            opened = socket.create_connection((door.host, door.port), min(seconds, _LOOK_SECONDS * 5))
        except OSError as error:
            raise Unreachable(
                f"the Gateway {self._gateway} does not answer at {door.url}: {error}",
                hint=f"kubectl get gateway {self._gateway.name} -n {self._gateway.namespace}",
            ) from error
        opened.settimeout(seconds)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _secured(opened, host) if door.scheme == "https" else opened

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

    def _listener(self, host: str) -> Mapping[str, Any]:
        found = gateways.listener(self.manifest, self._api.namespace, host)
        if found is None:
            raise Unreachable(
                f"no listener of the Gateway {self._gateway} takes {host} from {self._api.namespace}",
                hint="platformctl doctor",
            )
        return found

    def _reachable(self, host: str) -> Door | None:
        """The first address that takes a connection from here. Looked for once."""
        with self._lock:
            if self._direct and not self._looked:
                doors = gateways.outside(self.manifest, self.service, self._listener(host))
                self._door = next((door for door in doors if _takes_connections(door)), None)
                self._looked = True
            return self._door

    def _tunnel(self, host: str, seconds: float) -> socket.socket:
        pods = self._pods() if self.service else ()
        if self.service is None or not pods:
            raise Unreachable(
                f"the Gateway {self._gateway} cannot be reached from here, nor a pod of it",
                hint=f"kubectl get gateway {self._gateway.name} -n {self._gateway.namespace}",
            )
        pod = random.choice(pods)  # noqa: S311 - spreads load, keeps no secret
        port = gateways.pod_port(self.service, self._listener(host), pod)
        if port is None:
            raise Unreachable(f"the pods of the Gateway {self._gateway} have no port for {host}")
        return tunnel(self._api, text(pod, "metadata", "namespace"), name(pod), port, seconds)

    def _pods(self) -> Sequence[Manifest]:
        """The pods of its Service that are ready; none where we may not look."""
        assert self.service is not None  # noqa: S101 - asked by whoever knows it
        labels = mapping(self.service, "spec", "selector")
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        try:
            pods = self._api.list(POD, selector, text(self.service, "metadata", "namespace"))
        except PlatformctlError:
            return ()
        return [
            pod for pod in pods if not is_leaving(pod) and condition(pod, "Ready").get("status") == "True"
        ]


def _takes_connections(door: Door) -> bool:
    try:
        socket.create_connection((door.host, door.port), _LOOK_SECONDS).close()
    except OSError:
        return False
    return True


def _secured(opened: socket.socket, host: str) -> socket.socket:
    """The same connection with TLS, for the deployment's host."""
    try:
        return ssl.create_default_context().wrap_socket(opened, server_hostname=host)
    except OSError as error:
        opened.close()
        raise Unreachable(
            f"the Gateway's certificate for {host} is not trusted here: {error}",
            hint="SSL_CERT_FILE names the certificates that are",
        ) from error
