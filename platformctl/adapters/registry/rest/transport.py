"""Requests in parallel, each in a thread of its own, and one deadline for all of them.

A thread is the only way to bound a name look-up, and a server that sends one byte a second makes every
timeout of a socket start anew. So whoever waits here waits for the thread, and when the time is up cuts
the connection and goes; the thread ends by itself.
"""

import contextlib
import http.client
import itertools
import json
import queue
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import IO
from urllib.parse import urlencode

from platformctl.adapters.registry.rest.answers import Reply, explain, gave_up
from platformctl.adapters.registry.rest.server import Server

_CHUNK_BYTES = 1 << 20
_BUSY = frozenset({429, 502, 503, 504})
_PAUSE_SECONDS = 0.2
# While a file is read the server may have to fetch it from elsewhere first, so it is given longer.
_IDLE_SECONDS = 30.0


@dataclass(frozen=True)
class Request:
    """One request.

    Args:
        path: After the server's prefix, percent-encoded.
        query: Encoded here.
        body: Sent as JSON by POST; without one it is a GET.
    """

    path: str
    query: Mapping[str, str | int] = dataclass_field(default_factory=dict)
    body: Mapping[str, str] | None = None

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


class Transport:
    """Connections to one server, kept open between requests."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._idle: queue.SimpleQueue[http.client.HTTPConnection] = queue.SimpleQueue()
        # The port knows no end of a registry; this is it.
        weakref.finalize(self, _close, self._idle)

    def deadline(self) -> float:
        """When an operation that starts now must be over, on the monotonic clock."""
        return time.monotonic() + self.server.patience

    def send(self, *requests: Request, until: float) -> list[Reply]:
        """Send all at once and wait for the replies, which are in the order of the requests.

        Raises:
            Unreachable: One of them did not get through, or the time is up.
        """
        running = [_Exchange(self, request, until) for request in requests]
        try:
            return [exchange.reply() for exchange in running]
        finally:
            for exchange in running:
                exchange.cut()

    def save(self, request: Request, file: IO[bytes]) -> Reply:
        """Write the body of a 200 into `file`; the body of the Reply is then empty.

        Raises:
            Unreachable: It did not get through, it ended early, or nothing came for too long.
            OSError: `file` cannot be written.
        """
        exchange = _Exchange(self, request, self.deadline() + _IDLE_SECONDS, is_streamed=True)
        try:
            return exchange.stream(file)
        finally:
            exchange.cut()

    def take(self) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it has been used before."""
        with contextlib.suppress(queue.Empty):
            return self._idle.get_nowait(), True
        return _connection(self.server), False

    def give_back(self, connection: http.client.HTTPConnection) -> None:
        """Keep a connection whose last reply has been read to its end."""
        self._idle.put(connection)


class _Exchange:
    """One request and its reply, in a thread."""

    def __init__(
        self, transport: Transport, request: Request, until: float, *, is_streamed: bool = False
    ) -> None:
        self._transport = transport
        self._request = request
        self._until = until
        self._connection: http.client.HTTPConnection | None = None
        self._response: http.client.HTTPResponse | None = None
        self._is_done = False
        self._outcome: queue.SimpleQueue[Reply | BaseException] = queue.SimpleQueue()
        work = self._open if is_streamed else self._whole
        # A daemon: an interpreter that ends must not wait for a name server that never answers.
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def reply(self) -> Reply:
        """Wait for the reply, until the time is up."""
        with _explained(self._transport.server):
            outcome = self._outcome.get(timeout=max(0.0, self._until - time.monotonic()))
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

    def stream(self, file: IO[bytes]) -> Reply:
        """Wait for the head of the reply, then write its body as it comes."""
        reply = self.reply()
        if self._response is not None:
            for chunk in self._chunks(self._response):
                file.write(chunk)
            self._keep()
        return reply

    def cut(self) -> None:
        """End a connection that is still in use, from outside of the thread that uses it."""
        if self._is_done or self._connection is None:
            return
        if self._connection.sock is not None:
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._connection.close()

    def _chunks(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        if self._connection is not None and self._connection.sock is not None:
            self._connection.sock.settimeout(_IDLE_SECONDS)
        with _explained(self._transport.server):
            while chunk := response.read1(_CHUNK_BYTES):
                yield chunk
            if response.length:
                raise http.client.IncompleteRead(b"", response.length)
        response.close()

    def _run(self, work: Callable[[], Reply]) -> None:
        try:
            self._outcome.put(work())
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits, who raises it
            self._outcome.put(error)

    def _whole(self) -> Reply:
        """Ask, and ask again while the server is busy and there is time."""
        for attempt in itertools.count():
            response = self._respond()
            reply = _reply(response, response.read())
            pause = _PAUSE_SECONDS * 2**attempt
            is_last = attempt == self._transport.server.tries_again
            if reply.status not in _BUSY or is_last or time.monotonic() + pause > self._until:
                break
            self._keep()
            time.sleep(pause)
        self._keep()
        return reply

    def _open(self) -> Reply:
        """Ask, and leave the body of a 200 to whoever waits."""
        response = self._respond()
        if response.status == http.client.OK:
            self._response = response
            return _reply(response, b"")
        reply = _reply(response, response.read())
        self._keep()
        return reply

    def _respond(self) -> http.client.HTTPResponse:
        """Send, on a kept connection if there is one; the server may have closed that meanwhile.

        All that is sent here may be sent twice: an alias that is set again stays as it is.
        """
        self._is_done = False
        self._connection, is_used = self._transport.take()
        try:
            return self._ask(self._connection)
        except (http.client.HTTPException, ConnectionError, ssl.SSLError):
            if not is_used:
                raise
        self._connection.close()
        self._connection = _connection(self._transport.server)
        return self._ask(self._connection)

    def _ask(self, connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        server, request = self._transport.server, self._request
        connection.timeout = max(0.01, self._until - time.monotonic())
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        body = None if request.body is None else json.dumps(request.body).encode()
        headers = {**server.headers, **_proxy_headers(server)}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request("GET" if body is None else "POST", _target(server, request), body, headers)
        return connection.getresponse()

    def _keep(self) -> None:
        self._is_done = True
        if self._connection is not None and self._connection.sock is not None:
            self._transport.give_back(self._connection)
        self._connection = None


@contextlib.contextmanager
def _explained(server: Server) -> Iterator[None]:
    try:
        yield
    except (TimeoutError, queue.Empty) as error:
        raise gave_up(server) from error
    except (OSError, http.client.HTTPException) as error:
        raise explain(error, server) from error


def _close(idle: "queue.SimpleQueue[http.client.HTTPConnection]") -> None:
    with contextlib.suppress(queue.Empty):
        while True:
            idle.get_nowait().close()


def _connection(server: Server) -> http.client.HTTPConnection:
    """A connection that is opened by its first request."""
    proxy = server.proxy
    host, port = (proxy.host, proxy.port) if proxy else (server.host, server.port)
    if server.scheme == "http":
        return http.client.HTTPConnection(host, port)
    connection = http.client.HTTPSConnection(host, port, context=server.tls)
    if proxy:
        connection.set_tunnel(server.host, server.port, dict(proxy.headers))
    return connection


def _target(server: Server, request: Request) -> str:
    """What to ask for: a proxy for http wants the whole address."""
    root = server.uri if server.proxy and server.scheme == "http" else server.prefix
    return root + request.target


def _proxy_headers(server: Server) -> Mapping[str, str]:
    return server.proxy.headers if server.proxy and server.scheme == "http" else {}


def _reply(response: http.client.HTTPResponse, body: bytes) -> Reply:
    return Reply(
        status=response.status,
        kind=response.headers.get_content_type(),
        body=body,
        location=response.headers.get("Location"),
    )
