"""A client of the package `kubernetes` for a place. Its connections are opened by the first request."""

import base64
import queue
import socket
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from platformctl.adapters.cluster.api.credentials import Credentials
from platformctl.adapters.cluster.api.kubeconfig import Place
from platformctl.domain.errors import SpecError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

CONNECT_TIMEOUT = 5.0
"""Seconds."""

_POOL = 32

_IMPORTING = threading.Lock()
"""Two threads that import the package `kubernetes` at once wait for each other's modules, and both fail."""


def connected(place: Place, credentials: Credentials | None) -> "ApiClient":
    """Make a client.

    Args:
        place: Which cluster.
        credentials: What a plugin said; None: the place's user has none.

    Raises:
        SpecError: The kubeconfig cannot be used.
        Unreachable: The server's name leads nowhere.
    """
    import urllib3

    with _IMPORTING:
        from kubernetes.client import ApiClient, Configuration
        from kubernetes.config import ConfigException, load_kube_config_from_dict

    user = {key: value for key, value in place.user.items() if key != "exec"}
    user |= _in_base64(credentials.user) if credentials else {}
    configuration = Configuration(retries=False, connection_pool_maxsize=_POOL)
    try:
        load_kube_config_from_dict(  # type: ignore[no-untyped-call]  # it has no annotations
            _document(place, user), client_configuration=configuration, persist_config=False
        )
    except (ConfigException, OSError, ValueError) as error:
        raise SpecError(
            f"context {place.context} cannot be used: {error}",
            field=place.origin,
            hint="kubectl config view",
        ) from error
    if not configuration.proxy:
        _look_up(place)
    if not configuration.verify_ssl:  # its owner has chosen that; a warning a request helps nobody
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return ApiClient(configuration)


def _look_up(place: Place) -> None:
    """Make sure that the server's name leads somewhere. Only a thread can bound how long that takes.

    Raises:
        Unreachable: It does not, or nobody says so in time.
    """
    from platformctl.adapters.cluster.api.failures import no_such_host

    host = urlsplit(place.server).hostname or ""
    outcome: queue.SimpleQueue[OSError | None] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            socket.getaddrinfo(host, None)
        except OSError as error:
            outcome.put(error)
        else:
            outcome.put(None)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        error = outcome.get(timeout=CONNECT_TIMEOUT)
    except queue.Empty:
        raise no_such_host(place, host, "no name server answers for its host") from None
    if error is not None:
        raise no_such_host(place, host, "no such host") from error


def _in_base64(user: Mapping[str, str]) -> dict[str, str]:
    """A kubeconfig has certificates in base64, a plugin's answer has them as they are."""
    return {
        key: base64.b64encode(value.encode()).decode() if key.endswith("-data") else value
        for key, value in user.items()
    }


def _document(place: Place, user: Mapping[str, Any]) -> dict[str, Any]:
    """A kubeconfig of this one place."""
    context = {"cluster": "it", "user": "us"}
    return {
        "current-context": "it",
        "contexts": [{"name": "it", "context": context}],
        "clusters": [{"name": "it", "cluster": {**place.cluster, "server": place.server}}],
        "users": [{"name": "us", "user": dict(user)}],
    }
