"""Programs in the cluster's namespaces: they end with it, and what they say is kept."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LINES = 15
"""That a failure shows of a log."""


class ClusterError(Exception):
    """The cluster could not be brought up; the message says which part, and what it said last."""


@dataclass(frozen=True)
class Running:
    """A program that was started in the cluster.

    Args:
        name: The log's name too.
        process: `nsenter`, which lives as long as the program does; killing it kills the program.
        log: What the program writes.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def still(self) -> None:
        """Return while it runs.

        Raises:
            ClusterError: It has ended.
        """
        if (code := self.process.poll()) is not None:
            raise ClusterError(f"{self.name} ended with {code}; it said last:\n{self.said()}")

    def said(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_LINES:])

    def stop(self) -> None:
        """Kill it, and wait until it is gone."""
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Namespaces:
    """The network, mounts and processes that a cluster has for itself.

    Args:
        init: The process id, on this machine, of the first process in them.
        logs: The folder for the logs.
        started: What this process has started in them.
    """

    init: int
    logs: Path
    started: list[Running] = field(default_factory=list, repr=False)

    def command(self, *command: str | Path) -> list[str]:
        """What runs a command in them."""
        enter = f"nsenter --target {self.init} --mount --net --pid --uts --ipc --wd=/ --"
        return [*enter.split(), *map(str, command)]

    def run(self, *command: str | Path, stdin: str | None = None) -> str:
        """What a command prints.

        Raises:
            ClusterError: It failed.
        """
        done = subprocess.run(
            self.command(*command), input=stdin, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise ClusterError(f"{' '.join(map(str, command))} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Running:
        """Start a program that runs until it is stopped, or the cluster is.

        Args:
            name: Of the log.
            command: The program and its arguments.
            environment: What is set beside the environment of this process.
            cwd: The folder that it starts in; default `/`.
        """
        log = self.logs / f"{name}.log"
        enter = self.command("setpriv", "--pdeathsig", "KILL", "--", *command)
        if cwd is not None:
            enter[enter.index("--wd=/")] = f"--wd={cwd}"
        with log.open("ab") as output:
            process = subprocess.Popen(
                enter,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.started.append(Running(name, process, log))
        return self.started[-1]
