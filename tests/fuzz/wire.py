"""How the bytes get to a server, and what comes back. Nothing here waits for ever."""

import http.client
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import grpc

from tests.fuzz.messages import Message

PATIENCE_S = 30.0
"""For an answer; longer is a hang, however busy the machine."""

_UNFINISHED_S = 0.2
"""After this long without an answer a request with an odd head is taken for unfinished."""


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        status: HTTP's, or gRPC's by name; what happened instead, in words, if there was no answer.
        revision: The header of each answer.
        body: As bytes; gRPC's details.
    """

    status: int | str
    revision: str | None
    body: bytes


@dataclass(frozen=True)
class Http:
    """A request over HTTP/1.1.

    Args:
        raw: All of its bytes.
        whole: Whether it is one request, with the body that its head announces.
        fits: Whether the document of the model says that it can be answered.
    """

    raw: bytes
    whole: bool = True
    fits: bool = False


class Wire:
    """Connections to one server."""

    def __init__(self, http_port: int, grpc_port: int) -> None:
        self._address = ("127.0.0.1", http_port)
        self._kept: socket.socket | None = None
        self._channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port}")

    def send(self, what: Http | Message) -> Answer:
        """One request."""
        if isinstance(what, Message):
            return self._call(what)
        return self._ask(what.raw) if what.whole else self._oddity(what.raw)

    def close(self) -> None:
        """Close all connections."""
        self._channel.close()
        if self._kept is not None:
            self._kept.close()
        self._kept = None

    def _ask(self, raw: bytes) -> Answer:
        """Over a connection that is kept."""
        if self._kept is None:
            self._kept = socket.create_connection(self._address, PATIENCE_S)
        kept, self._kept = self._kept, None
        try:
            with suppress(ConnectionError):  # refused before it was sent; the answer says why
                kept.sendall(raw)
            answer, closes = _received(kept)
        except TimeoutError:
            kept.close()
            return Answer("hang", None, b"")
        except (OSError, http.client.HTTPException) as error:
            kept.close()
            return Answer(f"no answer: {type(error).__name__}", None, str(error).encode())
        if closes:
            kept.close()
        else:
            self._kept = kept
        return answer

    def _oddity(self, raw: bytes) -> Answer:
        """Over a connection of its own; the server may close it without a word, but has to do something."""
        with socket.create_connection(self._address, PATIENCE_S) as own:
            try:
                with suppress(ConnectionError):
                    own.sendall(raw)
                own.settimeout(_UNFINISHED_S)
                with suppress(TimeoutError):
                    return _received(own)[0]
                own.settimeout(PATIENCE_S)
                own.shutdown(socket.SHUT_WR)
                while own.recv(65536):
                    pass
            except TimeoutError:
                return Answer("hang", None, b"")
            except (OSError, http.client.HTTPException):
                pass
        return Answer("closed", None, b"")

    def _call(self, message: Message) -> Answer:
        call = self._channel.unary_unary(message.method)
        try:
            body, done = call.with_call(message.content, timeout=PATIENCE_S, metadata=message.metadata)
        except grpc.RpcError as error:
            name = error.code().name
            hung = name == "DEADLINE_EXCEEDED"
            return Answer("hang" if hung else name, _revision(error), str(error.details()).encode())
        except ValueError:  # metadata that gRPC's own client does not send
            return Answer("unsent", None, b"")
        return Answer("OK", _revision(done), body)


def _received(connection: socket.socket) -> tuple[Answer, bool]:
    """One answer, and whether the connection ends with it."""
    reply = http.client.HTTPResponse(connection)
    try:
        reply.begin()
        body = reply.read()
        return Answer(reply.status, reply.getheader("x-platformctl-revision"), body), reply.will_close
    finally:
        reply.close()


def _revision(call: Any) -> str | None:
    """What there is; the client of gRPC calls all metadata trailing where no message followed."""
    for name, value in (*(call.initial_metadata() or ()), *(call.trailing_metadata() or ())):
        if name == "x-platformctl-revision":
            return str(value)
    return None
