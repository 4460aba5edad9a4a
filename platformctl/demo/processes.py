"""The processes that the demo starts: commands in the foreground, the training beside them."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO, cast

from platformctl.demo.trained import REFUSED, Trained, parse
from platformctl.domain.errors import Refused

_LOG_LINES = 10
_LOCAL = "127.0.0.1,localhost"


def environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    """What the demo's processes inherit: nothing that would send them to another stack or registry."""
    kept = {key: value for key, value in environ.items() if not misleads(key)}
    bypass = ",".join(filter(None, (environ.get("NO_PROXY") or environ.get("no_proxy"), _LOCAL)))
    return {**kept, "NO_PROXY": bypass, "no_proxy": bypass}


def misleads(variable: str) -> bool:
    """Whether a variable chooses a home, a context or a registry."""
    return variable.startswith(("PLATFORMCTL_", "MLFLOW_"))


def run(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> int:
    """Run one command of ours with its output shown; answer its exit code.

    It has a process group of its own, so that Ctrl-C reaches it once, through us, and it can say in which
    state it leaves things before we go on.

    Raises:
        KeyboardInterrupt: A person pressed Ctrl-C; the command has ended.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "platformctl", *command],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        process.wait()
        raise


class Training:
    """The process that fits and logs the models. Starts at once: it has seconds of imports to do."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._log = folder / "training.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "platformctl.demo.training", os.fspath(folder)],
                cwd=folder,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                process_group=0,
            )

    def log_to(self, registry: str) -> None:
        """Tell it where the registry is: it goes on from there.

        Raises:
            Refused: It has failed already.
        """
        try:
            with _open(self._process.stdin) as addresses:
                addresses.write(f"{registry}\n")
        except BrokenPipeError:
            raise self._failure() from None

    def version(self) -> Trained:
        """Wait for the next version to be in the registry.

        Raises:
            Refused: The registry has a person's own model of that name, or the training failed.
        """
        line = _open(self._process.stdout).readline()
        if not line:
            raise self._failure()
        return parse(line)

    def stop(self) -> None:
        """End it, if it has not ended by itself."""
        self._process.terminate()
        self._process.wait()
        _open(self._process.stdout).close()
        with contextlib.suppress(BrokenPipeError):  # what it was told and has not read
            _open(self._process.stdin).close()

    def _failure(self) -> Refused:
        code = self._process.wait()
        said = self._log.read_text("utf-8", errors="replace").strip().splitlines()[-_LOG_LINES:]
        if code == REFUSED:
            return Refused(
                said[-1],
                hint="let the demo have a folder of its own: "
                "platformctl demo --home ~/platformctl-demo --port 8790 --mlflow-port 8791",
            )
        return Refused("\n".join(["the training failed", *said]), hint=f"all it said is in {self._log}")


def _open(pipe: object) -> TextIO:
    """A pipe of a process that was started with all three."""
    return cast("TextIO", pipe)
