"""Connections to a port of a pod, through the API server: for a Gateway that this machine cannot reach."""

import json
import re
import socket
from typing import cast

from platformctl.adapters.cluster.api import Api
from platformctl.adapters.cluster.kinds import POD
from platformctl.domain.errors import Unreachable

_MESSAGE = re.compile(r'"message":("(?:[^"\\]|\\.)*")')


def tunnel(api: Api, namespace: str, pod: str, port: int, seconds: float) -> socket.socket:
    """Open a connection to a port of a pod. It ends with the socket, or with the pod.

    Args:
        api: The API server.
        namespace: The pod's.
        pod: Its name.
        port: The port.
        seconds: How long a read of the socket may take.

    Raises:
        Unreachable: The API server does not let us, or the pod is gone.
    """
    # Not `kubernetes.stream.portforward`: it needs all of the client's models, which take a second to import.
    from kubernetes.client import ApiException
    from kubernetes.stream.ws_client import portforward_call

    if api.place.user.get("as"):
        raise _unreachable(namespace, pod, "the client opens none as another user")
    configuration = api.transport.client.configuration
    key = configuration.get_api_key_with_prefix("BearerToken", "authorization")
    headers = {"authorization": key} if key else {}
    url = f"{configuration.host}{POD.path(namespace, pod)}/portforward"
    query = [("ports", str(port))]
    try:
        forward = portforward_call(  # type: ignore[no-untyped-call]  # it has no annotations
            configuration, "GET", url, query_params=query, headers=headers
        )
    except ApiException as error:
        raise _unreachable(namespace, pod, _words(str(error.reason or error))) from error
    opened = cast("socket.socket", forward.socket(port))
    opened.settimeout(seconds)
    return opened


def _words(reason: str) -> str:
    """What the API server said, of all that the client quotes."""
    said = _MESSAGE.search(reason)
    return str(json.loads(said[1])) if said else " ".join(reason.split())


def _unreachable(namespace: str, pod: str, why: str) -> Unreachable:
    return Unreachable(
        f"no tunnel to the pod {namespace}/{pod}: {why}",
        hint=f"kubectl auth can-i create pods/portforward -n {namespace}",
    )
