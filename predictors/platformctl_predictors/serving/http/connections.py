"""uvicorn's HTTP connections: an end to heads that never end, and whole answers at once."""

from collections.abc import Sequence
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

HEAD_BYTES = 64 * 1024
"""Request line and headers, at most."""

CLOSE = (b"connection", b"close")

HEAD_S = 30.0
"""Seconds for a head to arrive once its connection is open or its first byte there."""


class Connection(HttpToolsProtocol):
    """One connection; refuses a head that is too long."""

    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Bytes from the caller."""
        super().data_received(data)
        if self._head_bytes or in_head(self):
            self._count_head(len(data))

    def _count_head(self, length: int) -> None:
        if not in_head(self):
            self._head_bytes = 0
            return
        self._head_bytes += length
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The request's head is too long.")


def in_head(connection: HttpToolsProtocol) -> bool:
    """Whether a head is expected or has begun: uvicorn fills in the method when it is complete."""
    scope: Any = connection.scope
    return scope is None or "method" not in scope


class SlowHeads:
    """Closes connections whose head does not arrive. Costs nothing a request: it looks now and then."""

    def __init__(self) -> None:
        self._since: dict[HttpToolsProtocol, tuple[object, float]] = {}

    def look(self, connections: "set[Any]", now: float) -> None:
        """Close those that have been in the same head for too long. `now` is in seconds."""
        waiting = {c: self._begun(c, now) for c in connections if in_head(c)}
        for connection, (_, since) in waiting.items():
            if now - since > HEAD_S:
                connection.transport.close()
        self._since = waiting

    def _begun(self, connection: HttpToolsProtocol, now: float) -> tuple[object, float]:
        scope, since = self._since.get(connection, (None, now))
        return (scope, since) if scope is connection.scope else (connection.scope, now)


def answer_whole(receive: Any, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
    """Write a whole answer to a POST in one piece, where uvicorn would take two messages for it.

    Saves a system call and the look at each header, a tenth of a request's time. What is out of the
    ordinary is left to uvicorn.

    Args:
        receive: The request's, uvicorn's own.
        status: Of HTTP.
        headers: Without content-length and connection; their values are known to be printable.
        body: All of it.

    Returns:
        Whether it was written, or nobody waits for it; if not, nothing has happened.
    """
    cycle = getattr(receive, "__self__", None)
    if type(cycle) is not RequestResponseCycle or not cycle.keep_alive or cycle.response_started:
        return False
    if cycle.disconnected:
        return True
    try:
        default, arrived, done = cycle.default_headers, cycle.message_event.set, cycle.on_response
        ordinary = not cycle.flow.write_paused and CLOSE not in default
    except AttributeError:  # another uvicorn, which keeps other books: it writes the answer itself
        return False
    if not ordinary:
        return False
    parts = [STATUS_LINE[status]]
    for name, value in (*default, *headers):
        parts += (name, b": ", value, b"\r\n")
    parts += (b"content-length: %d\r\n\r\n" % len(body), body)
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"".join(parts))
    cycle.response_complete = True
    arrived()
    done()
    return True
