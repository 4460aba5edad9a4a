import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.ports import free_port
from tests.serving.process import READY_S, Server, serving, settings
from tests.serving.suspect import V1, V2, Suspect, suspect

pytestmark = pytest.mark.quick

HUNDRED_MB = 100 * 10**6
MILLION = 1_000_000
HEAD = f"POST {V1} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Suspect]:
    with suspect(models / "skops") as running:
        yield running
        running.answers()


@pytest.mark.parametrize("length", [HUNDRED_MB, 2**31, 2**63 - 1])
@pytest.mark.parametrize("path", [V1, V2, "/v1/models/churn:explain", "/v2/models/other/infer", "/nowhere"])
def test_a_body_of_100_mb_is_refused_by_its_head(server: Suspect, path: str, length: int) -> None:
    before = server.forget_peak()
    lines = [f"POST {path} HTTP/1.1", "host: x", f"content-length: {length}", "expect: 100-continue"]
    answer = server.told("\r\n".join([*lines, "", ""]).encode())
    wanted = b"HTTP/1.1 404" if path == "/v2/models/other/infer" else b"HTTP/1.1 413"
    assert answer.startswith(wanted), answer
    assert server.peak_mib() < before + 4


@pytest.mark.parametrize("declared", [True, False])
def test_who_sends_100_mb_all_the_same_costs_no_memory(server: Suspect, *, declared: bool) -> None:
    before = server.forget_peak()
    chunk = b" " * 10**6

    def body() -> Iterator[bytes]:
        for _ in range(HUNDRED_MB // len(chunk)):
            yield chunk

    headers = {"content-length": str(HUNDRED_MB)} if declared else {}
    try:
        answer = server.server.http.post(V1, content=body(), headers=headers)
    except httpx.TransportError:
        pass  # told already, and not listening any more: the server has hung up
    else:
        assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    limit = 32 * 2**20
    assert server.peak_mib() < before + (16 if declared else 3 * limit / 2**20)


@pytest.mark.parametrize(
    "length",
    [
        b"-1",
        b"+5",
        b"0x10",
        b"1e3",
        b"",
        b"5, 5",
        b"99999999999999999999999",
        b"\xb2",
        b"5\r\ncontent-length: 6",
    ],
)
def test_a_length_that_is_none_is_a_400(server: Suspect, length: bytes) -> None:
    answer = server.told(HEAD.encode() + b"content-length: " + length + b"\r\n\r\nhello")
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 ")), answer


def test_a_length_and_chunks_together_are_a_400(server: Suspect) -> None:
    both = b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"
    assert server.told(HEAD.encode() + both).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("chunk", [b"x\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"5\r\nhello!!\r\n"])
def test_a_chunk_that_is_none_is_a_400(server: Suspect, chunk: bytes) -> None:
    answer = server.told(HEAD.encode() + b"transfer-encoding: chunked\r\n\r\n" + chunk)
    assert answer.startswith(b"HTTP/1.1 400 "), answer


class Asking(threading.Thread):
    """A request in the background."""

    def __init__(self, server: Server, path: str, content: bytes) -> None:
        super().__init__(daemon=True)
        self._arguments = (server.http.base_url.join(path), content)
        self.answer: httpx.Response | None = None
        self.start()

    def run(self) -> None:
        url, content = self._arguments
        self.answer = httpx.post(url, content=content, timeout=READY_S)


def healthy_until_answered(server: Server, path: str, content: bytes) -> tuple[httpx.Response, int]:
    """The answer, and how many questions for health were answered before it."""
    asking, healthy = Asking(server, path, content), 0
    while asking.is_alive():
        assert server.http.get("/v2/health/ready").status_code == 200
        healthy += 1
    assert asking.answer is not None
    return asking.answer, healthy


def rows(count: int) -> dict[str, bytes]:
    """As many rows of two numbers, as each protocol has them."""
    shape = b'{"inputs": [{"name": "x", "shape": [%d, 2], "datatype": "FP64", "data": [' % count
    return {
        V1: b'{"instances": [' + b",".join([b"[1,2]"] * count) + b"]}",
        V2: shape + b",".join([b"1,2"] * count) + b"]}]}",
    }


def of_numbers(models: Path, folder: Path, **fields: object) -> dict[str, Any]:
    """Settings for a model whose rows are two numbers."""
    return settings(models / "bare", folder, listen={"host": "127.0.0.1", "http": free_port()}, **fields)


def test_a_million_rows_are_refused(models: Path, folder: Path) -> None:
    with serving(of_numbers(models, folder), folder) as server:
        for path, content in rows(MILLION).items():
            answer, healthy = healthy_until_answered(server, path, content)
            assert answer.status_code == 413
            assert answer.json() == {"error": "1000000 rows; a request has at most 100000"}
            assert healthy > 0


def test_a_million_rows_are_answered_where_they_are_allowed(models: Path, folder: Path) -> None:
    with serving(of_numbers(models, folder, limits={"rows": MILLION}), folder) as server:
        for path, content in rows(MILLION).items():
            answer, healthy = healthy_until_answered(server, path, content)
            said: Any = answer.json()
            values = said["predictions"] if path == V1 else said["outputs"][0]["data"]
            assert len(values) == MILLION
            assert np.allclose(values, 3.0)
            assert healthy > 0


def test_too_many_rows_of_many_columns_do_not_stop_health(server: Suspect) -> None:
    row = b'{"age":1,"income":2,"plan":"basic","active":true,"since":null}'
    content = b'{"instances": [' + b",".join([row] * (30 * 2**20 // (len(row) + 1))) + b"]}"
    answer, healthy = healthy_until_answered(server.server, V1, content)
    assert answer.status_code == 413
    assert healthy > 0
