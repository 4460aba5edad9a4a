import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.serving.gate import gated
from tests.serving.process import REVISION, accepts, wait_for

pytestmark = pytest.mark.quick


def client(address: str) -> httpx.Client:
    transport = httpx.HTTPTransport(uds=address)
    return httpx.Client(transport=transport, base_url="http://server", timeout=30.0)


def test_open_connections_hear_that_it_is_not_ready_and_what_is_in_flight_is_finished(folder: Path) -> None:
    with gated(folder) as gate, client(gate.address) as first, client(gate.address) as second:
        assert first.get("/v2/health/ready").status_code == 200
        assert second.get("/v1/models/churn").json() == {"name": "churn", "ready": True}
        running, waiting = gate.block(), gate.ask(1)
        gate.server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not accepts({"unix": gate.address}))
        for open_connection, path in ((first, "/v2/health/ready"), (second, "/v1/models/churn")):
            answer = open_connection.get(path)
            assert (answer.status_code, answer.headers["connection"]) == (503, "close")
            assert answer.headers["x-platformctl-revision"] == REVISION
        assert gate.server.process.poll() is None
        gate.open()
        for asked in (running, waiting):
            assert (asked.result().status_code, asked.result().headers["connection"]) == (200, "close")
        ended = gate.server.wait()
    assert (ended.code, ended.lines) == (0, [])
    assert "Traceback" not in ended.stderr


def test_a_request_on_an_idle_connection_after_the_signal_is_answered(folder: Path) -> None:
    with gated(folder) as gate, client(gate.address) as idle:
        assert idle.get("/v2/health/live").status_code == 200
        running = gate.block()
        gate.server.process.send_signal(signal.SIGTERM)
        wait_for(lambda: not accepts({"unix": gate.address}))
        late = idle.post("/v1/models/churn:predict", content=b"{")
        assert (late.status_code, late.headers["connection"]) == (400, "close")
        gate.open()
        assert running.result().status_code == 200
        assert gate.server.wait().code == 0


def test_idle_connections_do_not_hold_it_up(folder: Path) -> None:
    with gated(folder) as gate, socket.socket(socket.AF_UNIX) as idle:
        idle.connect(gate.address)
        began = time.monotonic()
        gate.server.terminate()
        assert gate.server.wait().code == 0
        assert time.monotonic() - began < 20  # of 25 for what is in flight
        assert idle.recv(1) == b""
