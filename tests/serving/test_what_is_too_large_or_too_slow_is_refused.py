import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import uvicorn
from uvicorn.server import ServerState

from platformctl_predictors.serving.http.connections import HEAD_BYTES, HEAD_S, Connection, SlowHeads
from tests.serving.gate import Gated, gated
from tests.serving.process import READY_S, REVISION

pytestmark = pytest.mark.quick

LIMITS = {"body_bytes": 20_000, "body_seconds": 0.3, "rows": 10}
HEAD = b"POST /v1/models/churn:predict HTTP/1.1\r\nhost: x\r\n"


@pytest.fixture(scope="module")
def limited() -> Iterator[Gated]:
    with TemporaryDirectory(prefix="srv") as name, gated(Path(name), limits=LIMITS) as gate:
        yield gate


@pytest.fixture
def gate(limited: Gated) -> Gated:
    return limited.mark()


def told(gate: Gated, *parts: bytes) -> bytes:
    """What the server says to these bytes, until it has closed the connection."""
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(READY_S)
        raw.connect(gate.address)
        for part in parts:
            raw.sendall(part)
        answer = raw.recv(65536)
        raw.shutdown(socket.SHUT_WR)
        while more := raw.recv(65536):
            answer += more
    return answer


def test_a_long_body_is_refused_before_it_is_sent(gate: Gated) -> None:
    answer = told(gate, HEAD + b"content-length: 1000000000\r\nexpect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer
    assert REVISION.encode() in answer
    assert answer.endswith(b'{"error":"the body is longer than 20000 bytes"}')
    assert gate.metric("platformctl_refused_total", reason="size") == 1


def test_who_sends_it_all_the_same_is_not_cut_off(gate: Gated) -> None:
    """A connection that is closed with unread bytes in it may lose the answer."""
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(READY_S)
        raw.connect(gate.address)
        raw.sendall(HEAD + b"content-length: 5000000\r\n\r\n")
        assert raw.recv(65536).startswith(b"HTTP/1.1 413 ")
        raw.sendall(b" " * 5_000_000)
        while raw.recv(65536):
            pass


def test_a_body_of_unknown_length_is_refused_once_it_is_too_long(gate: Gated) -> None:
    chunk = b"2710\r\n" + b" " * 10_000 + b"\r\n"
    answer = told(gate, HEAD + b"transfer-encoding: chunked\r\n\r\n", chunk, chunk, chunk)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_the_limit_holds_for_kserves_routes_too(gate: Gated) -> None:
    answer = gate.server.http.post("/v1/models/churn:explain", content=b" " * 20_001)
    assert answer.status_code == 413


def test_a_body_that_does_not_arrive_is_a_408(gate: Gated) -> None:
    answer = told(gate, HEAD + b"content-length: 100\r\n\r\n", b'{"instances"')
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"the body did not arrive within 0.3 s" in answer
    assert gate.metric("platformctl_requests_total", protocol="v1", code="408") == 1


def test_a_body_in_pieces_is_put_together(gate: Gated) -> None:
    head = HEAD + b"connection: close\r\ncontent-length: 20\r\n\r\n"
    assert told(gate, head, b'{"instances"', b": [1,2]}").endswith(b'{"predictions":[1,2]}')


def test_too_long_a_head_is_refused(gate: Gated) -> None:
    answer = told(gate, HEAD, *([b"x-more: " + b"y" * 8000 + b"\r\n"] * (HEAD_BYTES // 8000 + 1)))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"The request's head is too long.")


def test_a_head_that_does_not_arrive_ends_its_connection_and_no_other() -> None:
    asyncio.run(_slow_heads())


async def _slow_heads() -> None:
    config = uvicorn.Config(_hello, http=Connection, log_config=None)
    config.load()
    state, slow = ServerState(), SlowHeads()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(config, state, {}), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    silent, begun, answered = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
    begun[1].write(b"GET / HTTP/1.1\r\nhost:")
    answered[1].write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert (await answered[0].readline()).startswith(b"HTTP/1.1 200")
    slow.look(state.connections, 0.0)
    slow.look(state.connections, HEAD_S - 1)
    assert len(state.connections) == 3
    slow.look(state.connections, HEAD_S + 1)
    assert await silent[0].read() == await begun[0].read() == b""
    answered[1].write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert b"HTTP/1.1 200" in await answered[0].readuntil(b"hello\r\n0\r\n\r\nHTTP/1.1 200 OK")
    for _, writer in (silent, begun, answered):
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()


async def _hello(scope: object, receive: object, send: object) -> None:  # noqa: ARG001 ASGI's signature
    await send({"type": "http.response.start", "status": 200})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b"hello"})  # type: ignore[operator]


def test_too_many_rows_are_a_413(models: Path, folder: Path) -> None:
    from tests.serving.process import serving, settings

    with serving(settings(models / "bare", folder, limits={"rows": 3}), folder) as server:
        assert server.v1([[1, 2]] * 3).status_code == 200
        refused = server.v1([[1, 2]] * 4)
        tensor = {"name": "x", "shape": [4, 2], "datatype": "FP64", "data": [0.0] * 8}
        assert (refused.status_code, server.v2(tensor).status_code) == (413, 413)
        assert refused.json() == {"error": "4 rows; a request has at most 3"}
        assert refused.headers.get("connection") != "close"
