import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.serving.process import READY_S, wait_for
from tests.serving.suspect import ROW, V1, Suspect, suspect

pytestmark = pytest.mark.quick

LIMITS = {"body_seconds": 1.0}
HEAD = f"POST {V1} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n".encode()
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MANY = 200


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Suspect]:
    with suspect(models / "skops", limits=LIMITS) as running:
        yield running
        running.answers()


def ask(body: bytes) -> bytes:
    return HEAD + b"content-length: %d\r\n\r\n" % len(body) + body


GARBAGE = {
    "noise": bytes(range(128, 256)) * 20,
    "zeros": b"\0" * 5000,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "HTTP/2": PREFACE + b"\0\0\0\4\0\0\0\0\0",
    "a line": b"hello\r\n\r\n",
    "HTTP/9": b"GET / HTTP/9.9\r\n\r\n",
    "no target": b"POST HTTP/1.1\r\n\r\n",
    "a header without colon": HEAD + b"nothing\r\n\r\n",
    "a header with a null": HEAD + b"x: a\0b\r\n\r\n",
    "a folded header": HEAD + b"x: a\r\n b\r\n\r\n",
    "two lengths": HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
    "a length and chunks": HEAD + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks that are not": HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_what_is_no_http_is_a_400_or_no_answer(server: Suspect, name: str) -> None:
    answer = server.told(GARBAGE[name])
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 505 ")) or not answer


@pytest.mark.parametrize("line", [b"GET /v2/health/live", b"GET  /v2/health/live  HTTP/1.0"])
def test_http_of_the_last_century_is_understood(server: Suspect, line: bytes) -> None:
    assert server.told(line + b"\r\n\r\n").endswith(b'{"live":true}')


def test_requests_that_are_sent_at_once_are_answered_in_order(server: Suspect) -> None:
    bodies = [b'{"instances": []}', b"{", b'{"instances": [1]}', b'{"instances": []}']
    last = ask(bodies[0]).replace(b"host: x", b"host: x\r\nconnection: close")
    answer = server.told(b"".join(map(ask, bodies)) + last, hang_up=False)
    statuses = [part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"400", b"400", b"200", b"200"]


def reset(connection: socket.socket) -> None:
    """Hang up as a process that is killed does."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize(
    "sent", [HEAD, HEAD + b"content-length: 50\r\n\r\n", ask(b"x" * 50)[:-5], b"POST", b""]
)
def test_a_caller_that_leaves_in_the_middle_is_forgotten(server: Suspect, sent: bytes) -> None:
    gone = server.metric("platformctl_refused_total", reason="gone")
    for end in (reset, socket.socket.close) * 5:
        connection = server.connect()
        connection.sendall(sent)
        end(connection)
    in_body = b"\r\n\r\n" in sent
    wait_for(lambda: server.metric("platformctl_in_flight") == 0)
    if in_body:
        wait_for(lambda: server.metric("platformctl_refused_total", reason="gone") == gone + 10)


def test_a_caller_that_does_not_wait_for_its_answer_is_forgotten(server: Suspect) -> None:
    row = b'{"age":45,"income":2.5,"plan":"basic","active":true,"since":null}'
    for _ in range(20):
        connection = server.connect()
        connection.sendall(ask(b'{"instances":[' + b",".join([row] * 500) + b"]}"))
        reset(connection)
    wait_for(lambda: server.metric("platformctl_in_flight") == 0)
    server.answers()


def test_a_caller_that_does_not_read_its_answer_keeps_nobody_waiting(server: Suspect) -> None:
    with server.connect() as deaf:
        deaf.settimeout(0)
        request = ask(b'{"instances": [' + b"[]," * 3 + b"[]]}") * 50
        with suppress(BlockingIOError):
            for _ in range(2000):
                deaf.send(request)
        server.answers()


def test_bodies_that_never_end_keep_nobody_waiting(server: Suspect) -> None:
    timeouts = server.metric("platformctl_requests_total", code="408")
    with ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(MANY)]
        for connection in slow:
            connection.sendall(HEAD + b"content-length: 1000\r\n\r\n{")
        wait_for(lambda: server.metric("platformctl_in_flight") > 0)
        server.answers()
        for connection in slow:  # a byte now and then does not help
            with suppress(ConnectionError):
                connection.sendall(b" ")
        for connection in slow:
            assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
    wait_for(lambda: server.metric("platformctl_requests_total", code="408") == timeouts + MANY)


def test_heads_that_never_end_keep_nobody_waiting(server: Suspect) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(server.connect()) for _ in range(MANY)]
        for piece in (b"POST /", b"x", b"x"):
            for connection in slow:
                connection.sendall(piece)
            server.answers()


def test_hundreds_of_callers_at_once_are_all_answered(server: Suspect) -> None:
    with ExitStack() as stack:
        callers = [stack.enter_context(server.connect()) for _ in range(3 * MANY)]
        for connection in callers:
            connection.sendall(ask(b'{"instances": []}'))
        for connection in callers:
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("upgrade", ["websocket", "h2c", "x"])
def test_no_other_protocol_is_spoken(server: Suspect, upgrade: str) -> None:
    headers = {
        "upgrade": upgrade,
        "connection": "upgrade",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
    }
    answer = server.server.http.get("/v2/health/live", headers=headers)
    assert answer.status_code in {200, 400, 403, 404, 426}


@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1.5", "\u00b2", "9" * 30, "1" * 5000])
def test_a_deadline_that_is_none_is_ignored(server: Suspect, value: str) -> None:
    header = (b"x-envoy-expected-rq-timeout-ms", value.encode("latin-1"))
    answer = server.server.http.post(V1, json={"instances": [ROW]}, headers=[header])
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("value", ["", "\u00ff", "a\tb", "x" * 9000])
def test_a_request_id_of_any_kind_comes_back(server: Suspect, value: str) -> None:
    raw = value.encode("latin-1")
    answer = server.server.http.post(V1, json={"instances": []}, headers=[(b"x-request-id", raw)])
    assert answer.status_code == 200
    assert [v for k, v in answer.headers.raw if k == b"x-request-id"] == [raw]


GRPC_NOISE = {
    "noise": bytes(range(256)) * 20,
    "HTTP/1": b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
    "only the preface": PREFACE,
    "a frame too long": PREFACE + b"\xff\xff\xff\0\0\0\0\0\1" + bytes(100),
    "headers that are none": PREFACE + b"\0\0\0\4\0\0\0\0\0" + b"\0\0\5\1\5\0\0\0\1" + b"\xff" * 5,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
}


@pytest.mark.parametrize("name", GRPC_NOISE)
def test_noise_at_grpcs_port_ends_its_own_connection(server: Suspect, name: str) -> None:
    with socket.create_connection(("127.0.0.1", server.grpc), READY_S) as raw, suppress(ConnectionError):
        raw.sendall(GRPC_NOISE[name])
        raw.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + READY_S
        while raw.recv(65536):
            assert time.monotonic() < deadline
    server.answers()
