"""Predictions through a gateway, over a connection a thread and host that is kept."""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from platformctl.domain.names import Name, RevisionId
from platformctl.domain.traffic import Answer, Request
from platformctl.render import served

REVISION_HEADER = "x-platformctl-revision"

PATIENCE_SECONDS = 10.0
"""In which a gateway learns of a backend; Envoy Gateway was seen to need 0.8 s on a machine that is busy."""

_POLL_SECONDS = 0.1
_UNKNOWN = frozenset({404, 500, 503})
"""What gateways say of a backend that they do not know yet: no such rule, no such backend, nobody ready."""

Opening = Callable[[str, float], socket.socket]
"""Opens a connection to the Gateway for a host, in a number of seconds."""

_CLOSED_WHILE_IDLE = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


class _Connection(http.client.HTTPConnection):
    """A connection that somebody else opens; closed when its thread, or whoever predicts, is gone.

    Args:
        host: The host that is asked for, wherever the connection leads.
        opening: How to get there.
        seconds: How long that, and then each read, may take.
    """

    def __init__(self, host: str, opening: Opening, seconds: float) -> None:
        super().__init__(host, timeout=seconds)
        self._opening = opening

    def connect(self) -> None:
        """Open it, unless it is open."""
        self.sock = self._opening(self.host, self.timeout or 0.0)

    def give(self, seconds: float) -> None:
        """Let the next request take so long."""
        self.timeout = seconds
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def __del__(self) -> None:
        self.close()


class Predictions:
    """Connections to one Gateway. Threads may share it.

    Args:
        opening: How to get there.
        patience: Seconds in which the Gateway may learn of a revision.
    """

    def __init__(self, opening: Opening, patience: float = PATIENCE_SECONDS) -> None:
        self._opening = opening
        self._patience = patience
        self._local = threading.local()
        self._in_vain: set[RevisionId] = set()

    def predict(self, host: str, name: Name, request: Request) -> Answer:
        """Send one V1 prediction, and again while the Gateway has yet to learn of the revision.

        That is waited for if a revision is asked for by name, and not again after it was in vain. No server
        has seen such a request.

        Raises:
            Unreachable: No connection can be opened.
        """
        answer = self.send(host, name, request)
        if request.revision is None:
            return answer
        patience = 0.0 if request.revision in self._in_vain else self._patience
        deadline = time.monotonic() + patience
        while _is_the_gateways(answer) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            answer = self.send(host, name, request)
        (self._in_vain.add if _is_the_gateways(answer) else self._in_vain.discard)(request.revision)
        return answer

    def send(self, host: str, name: Name, request: Request) -> Answer:
        """Send one V1 prediction. What goes wrong once there is a connection is an answer of status 0.

        Who pins a revision that the route does not know is answered by whoever has weight.

        Raises:
            Unreachable: No connection can be opened.
        """
        started = time.perf_counter()
        kept = self._connections().pop(host, None)
        try:
            if kept is not None:
                try:
                    return self._ask(kept, name, request, started)
                except _CLOSED_WHILE_IDLE:
                    kept.close()  # it was closed while idle, before it could take the request
            fresh = _Connection(host, self._opening, request.timeout)
            return self._ask(fresh, name, request, started)
        except (OSError, http.client.HTTPException) as error:
            seconds = time.perf_counter() - started
            return Answer(0, (str(error) or type(error).__name__).encode(), None, seconds)

    def served(self, host: str, seconds: float) -> str | None:
        """Ask which rules are served, on a connection of its own; None: nobody says so.

        Raises:
            Unreachable: No connection can be opened.
        """
        answer, location = self._look(host, served.PATH, seconds)
        return urlsplit(location).hostname if answer.status else None

    def is_routed(self, host: str, name: Name, seconds: float) -> bool:
        """Whether who asks a deployment gets to a server, on a connection of its own. No model is asked.

        Raises:
            Unreachable: No connection can be opened.
        """
        answer, _ = self._look(host, f"/v1/models/{name}", seconds)
        return bool(answer.status) and not _is_the_gateways(answer)

    def _ask(self, connection: _Connection, name: Name, request: Request, started: float) -> Answer:
        """Send a request, and keep the connection, which is whole once its answer is read."""
        connection.give(request.timeout)
        connection.request("POST", f"/v1/models/{name}:predict", request.body, _headers(request))
        response = connection.getresponse()
        answer = _answer(response, response.read(), time.perf_counter() - started)
        self._connections()[connection.host] = connection
        return answer

    def _connections(self) -> dict[str, _Connection]:
        """Those of this thread, by host."""
        found: dict[str, _Connection] | None = getattr(self._local, "connections", None)
        if found is None:
            found = self._local.connections = {}
        return found

    def _look(self, host: str, path: str, seconds: float) -> tuple[Answer, str]:
        """Get a page; status 0 if it does not come. And where it leads to."""
        connection = _Connection(host, self._opening, seconds)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            return Answer(0, b"", None, 0), ""
        finally:
            connection.close()
        return _answer(response, body, 0), response.getheader("location") or ""


def _is_the_gateways(answer: Answer) -> bool:
    """Whether the gateway has made the answer up: it has a status and nothing else."""
    return answer.status in _UNKNOWN and answer.revision is None and not answer.body


def _answer(response: http.client.HTTPResponse, body: bytes, seconds: float) -> Answer:
    who = response.getheader(REVISION_HEADER)
    return Answer(response.status, body, RevisionId(who) if who else None, seconds)


def _headers(request: Request) -> Mapping[str, str]:
    pinned = {REVISION_HEADER: request.revision} if request.revision is not None else {}
    return {"content-type": "application/json", **pinned}
