"""Predictions through the stable address, over a connection a thread that is kept."""

import http.client
import threading
import time

from platformctl.domain.names import Name, RevisionId
from platformctl.domain.traffic import Answer, Request

REVISION_HEADER = "x-platformctl-revision"

_HOST = "127.0.0.1"


class _Kept(http.client.HTTPConnection):
    """A connection that is closed when its thread, or whoever predicts, is gone."""

    def __del__(self) -> None:
        self.close()


class Predictions:
    """Connections to one router. `port` is remembered by who asks it."""

    def __init__(self) -> None:
        self.port: int | None = None
        self._local = threading.local()

    def send(self, port: int, name: Name, request: Request) -> Answer:
        """Send one V1 prediction. What goes wrong on the way is an answer of status 0."""
        started = time.perf_counter()
        kept: _Kept | None = getattr(self._local, "connection", None)
        try:
            if kept is not None and kept.port == port:
                try:
                    return self._ask(kept, name, request, started)
                except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                    kept.close()  # it was closed while idle, before it could take the request
            return self._ask(self._connect(port), name, request, started)
        except (OSError, http.client.HTTPException) as error:
            self._local.connection = None
            seconds = time.perf_counter() - started
            return Answer(0, (str(error) or type(error).__name__).encode(), None, seconds)

    def _connect(self, port: int) -> _Kept:
        connection = _Kept(_HOST, port)
        self._local.connection = connection
        return connection

    def _ask(
        self, connection: http.client.HTTPConnection, name: Name, request: Request, started: float
    ) -> Answer:
        connection.timeout = request.timeout
        if connection.sock is not None:
            connection.sock.settimeout(request.timeout)
        headers = {"content-type": "application/json"}
        if request.revision is not None:
            headers[REVISION_HEADER] = request.revision
        connection.request("POST", f"/v1/models/{name}:predict", request.body, headers)
        response = connection.getresponse()
        body = response.read()
        who = response.getheader(REVISION_HEADER)
        seconds = time.perf_counter() - started
        return Answer(response.status, body, RevisionId(who) if who else None, seconds)
