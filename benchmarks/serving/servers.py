"""Server processes: started on their core, asked when they are ready, and always stopped."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from benchmarks.serving.load import HOST, OK, head_of

READY_S = 120.0
STOP_S = 30.0
ROOT = Path(__file__).parents[2]
_POLL_S = 0.005
_ANSWER_S = 30.0


@dataclass(frozen=True)
class Command:
    """How a server is started.

    Args:
        name: What a table calls it.
        arguments: Program and arguments.
        port: Where it listens, on the loopback interface.
        ready: The path that answers 200 once it can be asked; None: once it listens.
        environment: Variables beside ours.
    """

    name: str
    arguments: Sequence[str]
    port: int
    ready: str | None
    environment: Mapping[str, str] = field(default_factory=dict)


class Failed(RuntimeError):
    """A server that did not start, or did not answer as it should."""


@dataclass(frozen=True)
class Running:
    """A server that is ready.

    Args:
        command: What was started.
        process: The process; what it starts itself is counted with it.
        ready_after: Seconds from the start of the process to the first 200.
    """

    command: Command
    process: psutil.Process
    ready_after: float

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.command.port

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        times = [one.cpu_times() for one in self._all()]
        return sum(one.user + one.system for one in times)

    def resident_mib(self) -> float:
        """Resident memory."""
        return sum(one.memory_info().rss for one in self._all()) / 2**20

    def _all(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def cores() -> tuple[int, int]:
    """The servers' core and the load generator's.

    Raises:
        SystemExit: There is only one.
    """
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:  # noqa: PLR2004 one each
        raise SystemExit("two cores are needed: one for the servers, one for the load generator")
    return usable[0], usable[-1]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What this thread starts inside runs on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def running(command: Command, core: int) -> Iterator[Running]:
    """A server on a core, ready, and stopped in the end.

    Raises:
        Failed: It ended, or was not ready in time; its last lines are in the message.
    """
    with tempfile.TemporaryFile() as log:
        started = time.perf_counter()
        with on_core(core):
            process = subprocess.Popen(
                command.arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=_environment(command),
            )
        try:
            _wait_until_ready(command, process, log)
            after = time.perf_counter() - started
            yield Running(command, psutil.Process(process.pid), after)
        finally:
            _stop(process)


def get(port: int, path: str, connection: socket.socket | None = None) -> tuple[int, bytes]:
    """Status and body of a GET, on a connection of its own unless one is given."""
    if connection is None:
        with socket.create_connection((HOST, port), timeout=_ANSWER_S) as own:
            return get(port, path, own)
    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: {HOST}:{port}\r\n\r\n".encode())
    return receive(connection)


def receive(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of one answer."""
    data = b""
    while (head := head_of(data)) is None:
        more = connection.recv(1 << 20)
        if not more:
            raise Failed(f"the connection was closed after {data[:200]!r}")
        data += more
    return head.status, data[head.body :]


def _environment(command: Command) -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**ours, **command.environment}


def _wait_until_ready(command: Command, process: "subprocess.Popen[bytes]", log: IO[bytes]) -> None:
    deadline = time.monotonic() + READY_S
    while not _is_ready(command):
        if process.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            lines = log.read().decode(errors="replace").splitlines()
            raise Failed("\n".join([f"{command.name} did not get ready; its last lines:", *lines[-15:]]))
        time.sleep(_POLL_S)


def _is_ready(command: Command) -> bool:
    try:
        if command.ready is None:
            socket.create_connection((HOST, command.port), timeout=_ANSWER_S).close()
            return True
        return get(command.port, command.ready)[0] == OK
    except (OSError, Failed):
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a server and what it has started."""
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for left in family:
        try:
            left.kill()
        except psutil.NoSuchProcess:
            continue
