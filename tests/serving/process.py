"""A model server as its users see it: a process, its address, its exit code and its stderr."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

READY_S = 60.0
REVISION = "churn-v4-3f9a1c"
ASSETS = str(Path(__file__).parent / "assets")


@dataclass(frozen=True)
class Ended:
    """How a server ended."""

    code: int
    stderr: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines that explain an exit."""
        return [json.loads(x) for x in self.stderr.splitlines() if x.startswith('{"platformctl"')]


@dataclass(frozen=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    log: Path
    http: httpx.Client

    def v1(self, rows: object, **headers: str) -> httpx.Response:
        return self.http.post("/v1/models/churn:predict", json={"instances": rows}, headers=headers)

    def v2(self, *inputs: Mapping[str, object], **more: object) -> httpx.Response:
        return self.http.post("/v2/models/churn/infer", json={"inputs": inputs, **more})

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self) -> Ended:
        return Ended(self.process.wait(READY_S), self.log.read_text())


def settings(model: Path, folder: Path, **fields: object) -> dict[str, Any]:
    """Settings on a unix socket in a folder; `fields` replace."""
    return {
        "schema_version": 1,
        "model_name": "churn",
        "revision": REVISION,
        "model_dir": str(model),
        "listen": {"unix": str(folder / "s")},
        **fields,
    }


def spawn(content: object, folder: Path, *options: str) -> tuple[subprocess.Popen[bytes], Path]:
    """Start a server; its log is a file in the folder."""
    path, log = folder / "serving.json", folder / "log"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    command = [sys.executable, "-m", "platformctl_predictors", "--settings", str(path), *options]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with log.open("wb") as stderr:
        return subprocess.Popen(command, stderr=stderr, stdout=stderr, env=environment, cwd=folder), log


def run_to_end(content: object, folder: Path, *options: str) -> Ended:
    """Start a server that cannot serve."""
    process, log = spawn(content, folder, *options)
    try:
        return Ended(process.wait(READY_S), log.read_text())
    finally:
        process.kill()
        process.wait()


@contextmanager
def serving(content: dict[str, Any], folder: Path, *options: str) -> Iterator[Server]:
    """A ready server, stopped afterwards."""
    process, log = spawn(content, folder, *options)
    listen = content["listen"]
    transport = httpx.HTTPTransport(uds=listen.get("unix"))
    base = f"http://127.0.0.1:{listen.get('http', 80)}"
    try:
        with httpx.Client(transport=transport, base_url=base, timeout=READY_S) as client:
            server = Server(process, log, client)
            _wait_until_ready(server, listen)
            yield server
    finally:
        process.terminate()
        try:
            process.wait(READY_S)
        finally:
            process.kill()
            process.wait()


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is true that will be, soon."""
    deadline = time.monotonic() + READY_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def accepts(listen: Mapping[str, Any]) -> bool:
    """Whether anyone listens on an address of the settings. Plain sockets: httpx leaks refused ones."""
    unix = "unix" in listen
    with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as probe:
        address = listen["unix"] if unix else ("127.0.0.1", listen["http"])
        return probe.connect_ex(address) == 0


def _wait_until_ready(server: Server, listen: Mapping[str, Any]) -> None:
    deadline = time.monotonic() + READY_S
    while not accepts(listen):
        assert server.process.poll() is None, server.log.read_text()
        assert time.monotonic() < deadline, "not ready in time:\n" + server.log.read_text()
        time.sleep(0.02)
    assert server.http.get("/v2/health/ready").status_code == httpx.codes.OK
