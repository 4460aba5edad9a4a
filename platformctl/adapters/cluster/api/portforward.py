"""Connections to a port of a pod, through the API server: for a Gateway that this machine cannot reach."""

import json
import re
import selectors
import socket
import ssl
import threading
from typing import TYPE_CHECKING

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.api.kinds import POD
from platformctl.domain.errors import Unreachable

if TYPE_CHECKING:
    from websocket import WebSocket

_DATA, _ERROR = 0, 1
"""The channels of a forwarded port. The first message on each says which port it is."""

_PIECE = 64 * 1024
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
    # Not the client's own `portforward`: its thread dies loudly when a reader leaves before the end, and it
    # needs all of the client's models, which take a second to import.
    if api.place.user.get("as"):
        raise _unreachable(namespace, pod, "the client opens none as another user")
    configuration = api.transport.client.configuration  # imports the package for all threads
    from kubernetes.stream.ws_client import create_websocket, get_websocket_url
    from websocket import WebSocketException

    key = configuration.get_api_key_with_prefix("BearerToken", "authorization")
    path = f"{configuration.host}{POD.path(namespace, pod)}/portforward"
    url = get_websocket_url(path, [("ports", str(port))])  # type: ignore[no-untyped-call]  # has no annotations
    try:
        remote = create_websocket(  # type: ignore[no-untyped-call]  # has no annotations
            configuration, url, {"authorization": key} if key else {}
        )
    except (OSError, WebSocketException) as error:
        raise _unreachable(namespace, pod, _words(str(error))) from error
    ours, theirs = socket.socketpair()
    ours.settimeout(seconds)
    threading.Thread(target=_carry, args=(remote, theirs), name=f"tunnel to {pod}", daemon=True).start()
    return ours


def _carry(remote: "WebSocket", local: socket.socket) -> None:
    """Carry bytes both ways until one side ends. One thread: TLS does not bear two."""
    from websocket import WebSocketException

    opened: set[int] = set()
    try:
        with selectors.DefaultSelector() as selector:
            assert remote.sock is not None  # noqa: S101 - it is connected
            selector.register(remote.sock, selectors.EVENT_READ)
            selector.register(local, selectors.EVENT_READ)
            is_open = True
            while is_open:
                ready = {key.fileobj for key, _ in selector.select()}
                if remote.sock in ready:
                    is_open = _receive(remote, local, opened)
                if local in ready and is_open:
                    is_open = _send(remote, local)
    except (OSError, WebSocketException):
        pass  # one side is gone, which the other one now sees
    finally:
        local.close()
        remote.close()


def _send(remote: "WebSocket", local: socket.socket) -> bool:
    data = local.recv(_PIECE)
    if data:
        remote.send_binary(bytes([_DATA]) + data)
    return bool(data)


def _receive(remote: "WebSocket", local: socket.socket, opened: set[int]) -> bool:
    """Hand on all that has come. TLS may hold what its socket no longer shows."""
    while True:
        message = remote.recv()
        if not isinstance(message, bytes) or not message:
            return False
        channel, data = message[0], message[1:]
        if channel not in opened:
            opened.add(channel)
        elif channel == _ERROR:
            return False
        else:
            local.sendall(data)
        if not (isinstance(remote.sock, ssl.SSLSocket) and remote.sock.pending()):
            return True


def _words(reason: str) -> str:
    """What the API server said, of all that the client quotes."""
    said = _MESSAGE.search(reason)
    return str(json.loads(said[1])).strip() if said else " ".join(reason.split())


def _unreachable(namespace: str, pod: str, why: str) -> Unreachable:
    return Unreachable(
        f"no tunnel to the pod {namespace}/{pod}: {why}",
        hint=f"it takes the verbs get and create of pods/portforward in namespace {namespace}",
    )
