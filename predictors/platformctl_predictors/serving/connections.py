"""uvicorn's HTTP connections, with an end to heads that never end."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024
"""Request line and headers, at most."""

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
