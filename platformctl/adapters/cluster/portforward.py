"""Connections to a port of a pod, through the API server: for a Gateway that this machine cannot reach."""

import socket
import threading
from typing import cast

from platformctl.adapters.cluster.api import Api
from platformctl.domain.errors import Unreachable

# The client swaps a method of its ApiClient while it opens a tunnel: two at a time would mix them up.
_opening = threading.Lock()


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
    from kubernetes.client import ApiException, CoreV1Api
    from kubernetes.stream import portforward

    core = CoreV1Api(api.transport.client)
    try:
        with _opening:
            forward = portforward(
                core.connect_get_namespaced_pod_portforward, pod, namespace, ports=str(port)
            )
    except ApiException as error:
        raise Unreachable(
            f"no tunnel to the pod {namespace}/{pod}: {error.reason or error}",
            hint=f"kubectl auth can-i create pods/portforward -n {namespace}",
        ) from error
    opened = cast("socket.socket", forward.socket(port))
    opened.settimeout(seconds)
    return opened
