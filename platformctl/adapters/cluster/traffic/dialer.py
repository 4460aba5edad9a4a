"""Connections to proxies of a cluster: directly where this machine can, else through the API server."""

import random
import socket
import ssl
import threading
from collections.abc import Sequence

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.adapters.cluster.api.objects import condition, is_leaving, mapping, name, text
from platformctl.adapters.cluster.api.portforward import tunnel
from platformctl.adapters.cluster.traffic.doors import Door, Way
from platformctl.domain.errors import PlatformctlError, Unreachable
from platformctl.domain.manifests import Manifest

_LOOK_SECONDS = 1.0
"""After which an address that does not take a connection is not reachable from here."""


class Dialer:
    """Opens connections, and remembers which addresses this machine reaches. Threads may share it.

    Args:
        api: The API server.
        direct: Whether the proxies' own addresses are tried.
    """

    def __init__(self, api: Api, *, direct: bool = True) -> None:
        self._api = api
        self._direct = direct
        self._lock = threading.Lock()
        self._reached: dict[tuple[Door, ...], Door | None] = {}

    def dial(self, way: Way, host: str, seconds: float) -> socket.socket:
        """Open a connection for requests to a host.

        Raises:
            Unreachable: There is no way from here.
        """
        door = self._reachable(way)
        opened = self._tunnel(way, host, seconds) if door is None else _connected(way, door, seconds)
        return _secured(way, opened, host) if way.scheme == "https" else opened

    def pods(self, service: Manifest | None) -> Sequence[Manifest]:
        """The pods of a Service that are ready; none where we may not look, or it selects none."""
        labels = mapping(service, "spec", "selector")
        if not labels:
            return ()
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        try:
            pods = self._api.list(POD, selector, text(service, "metadata", "namespace"))
        except PlatformctlError:
            return ()
        return [
            pod for pod in pods if not is_leaving(pod) and condition(pod, "Ready").get("status") == "True"
        ]

    def _reachable(self, way: Way) -> Door | None:
        """The first address that takes a connection from here. Looked for once."""
        if not self._direct:
            return None
        doors = tuple(way.doors)
        with self._lock:
            if doors not in self._reached:
                self._reached[doors] = next(filter(_takes_connections, doors), None)
            return self._reached[doors]

    def _tunnel(self, way: Way, host: str, seconds: float) -> socket.socket:
        pods = self.pods(way.service)
        if not pods:
            raise Unreachable(f"{way.to} cannot be reached from here, nor a pod of it", hint=way.look)
        pod = random.choice(pods)  # noqa: S311 - spreads load, keeps no secret
        port = way.pod_port(pod)
        if port is None:
            raise Unreachable(f"the pods of {way.to} have no port for {host}", hint=way.look)
        return tunnel(self._api, text(pod, "metadata", "namespace"), name(pod), port, seconds)


def _takes_connections(door: Door) -> bool:
    try:
        socket.create_connection((door.host, door.port), _LOOK_SECONDS).close()
    except OSError:
        return False
    return True


def _connected(way: Way, door: Door, seconds: float) -> socket.socket:
    try:
        opened = socket.create_connection((door.host, door.port), min(seconds, _LOOK_SECONDS * 5))
    except OSError as error:
        raise Unreachable(f"{way.to} does not answer at {door.url}: {error}", hint=way.look) from error
    opened.settimeout(seconds)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def _secured(way: Way, opened: socket.socket, host: str) -> socket.socket:
    """The same connection with TLS, for the deployment's host."""
    try:
        return ssl.create_default_context().wrap_socket(opened, server_hostname=host)
    except OSError as error:
        opened.close()
        raise Unreachable(
            f"the certificate of {way.to} for {host} is not trusted here: {error}",
            hint="SSL_CERT_FILE names the certificates that are",
        ) from error
