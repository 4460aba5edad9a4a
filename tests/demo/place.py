"""`platformctl demo` as a person runs it: a process of its own, in a home and at ports of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_DEADLINE = 240.0
"""Seconds; CI's machine does other things meanwhile."""

_MISLEADING = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "PLATFORMCTL_TARGET": "cluster"}
"""What may be left in a person's environment, and must not send the demo elsewhere."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said on both streams, in order."""

    code: int
    said: str


@dataclass(frozen=True)
class Place:
    """A home that the demo makes, and the ports of its stack."""

    home: Path
    port: int
    mlflow_port: int

    @classmethod
    def below(cls, folder: Path) -> "Place":
        """One with ports that nobody has."""
        with closing(socket.socket()) as one, closing(socket.socket()) as other:
            for listener in (one, other):
                listener.bind(("127.0.0.1", 0))
            return cls(folder / "home", one.getsockname()[1], other.getsockname()[1])

    @property
    def folder(self) -> Path:
        """Where the demo's commands are typed."""
        return self.home / "demo"

    def demo(self, *, interrupt_at: str | None = None) -> Ended:
        """Run the demo; press Ctrl-C once it has said `interrupt_at`."""
        ports = ("--port", str(self.port), "--mlflow-port", str(self.mlflow_port))
        log = self.home.parent / "said"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "platformctl", "demo", "--home", str(self.home), *ports],
                env={**os.environ, **_MISLEADING},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        if interrupt_at is not None:
            _await(interrupt_at, log, process)
            process.send_signal(signal.SIGINT)
        return Ended(process.wait(_DEADLINE), log.read_text("utf-8"))

    def type(self, *command: str) -> Ended:
        """Run another command as the demo shows it: in its folder, which means this home."""
        ended = subprocess.run(
            [sys.executable, "-m", "platformctl", *command],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_DEADLINE,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout)

    def remove(self) -> None:
        """Stop the stack, and remove the home."""
        if self.folder.is_dir():
            ended = self.type("down", "--purge", "--yes")
            assert ended.code == 0, ended.said


def _await(text: str, log: Path, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _DEADLINE
    while text not in log.read_text("utf-8"):
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < deadline, f"never said {text!r}"
        time.sleep(0.02)
