"""A real Prometheus that scrapes what a test tells it to."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from platformctl.adapters.prometheus.client import ask
from platformctl.domain.errors import Unreachable
from tests.ports import free_port

_INTERVAL = "100ms"
_JOBS = ("servers", "again")
"""There at all times: of a job that is removed the last figures stay for minutes."""


@dataclass
class RealPrometheus:
    """One that runs.

    Args:
        folder: Of its files.
        port: On the loopback interface.
        process: Itself.
    """

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    _settled: AbstractSet[tuple[str, str]] = frozenset()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def scrape(self, targets: Mapping[str, Mapping[str, str]], jobs: Sequence[str] = ("servers",)) -> None:
        """Scrape these addresses, with these labels, from now on, and no others."""
        _configure(self.folder, targets, jobs)
        self.process.send_signal(signal.SIGHUP)  # it reads its file anew
        self._settled = {(job, address) for job in jobs for address in targets}
        self.settle()

    def settle(self) -> None:
        """Wait until all that is scraped has been scraped once more."""
        now = float(ask(self.url, "time()")["result"][1])

        def scraped() -> bool:
            found = ask(self.url, "timestamp(up)")["result"]
            times = {
                (one["metric"]["job"], one["metric"]["instance"]): float(one["value"][1]) for one in found
            }
            return times.keys() == self._settled and all(time > now for time in times.values())

        until(scraped)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """It is there, and does not answer."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)  # until it has stopped
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def real_prometheus(folder: Path) -> Iterator[RealPrometheus]:
    """Run one, if there is one."""
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("no prometheus: apt-get install prometheus")
    _configure(folder, {}, ())
    port = free_port()
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log, stdout=log) as process:
        one = RealPrometheus(folder, port, process)
        try:
            until(lambda: _is_ready(one))
            yield one
        finally:
            process.kill()


def until(condition: Callable[[], bool], timeout: float = 60.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"not within {timeout} s"
        time.sleep(0.02)


def _is_ready(one: RealPrometheus) -> bool:
    assert one.process.poll() is None, (one.folder / "log").read_text()
    with suppress(Unreachable):
        ask(one.url, "time()")
        return True
    return False


def _configure(folder: Path, targets: Mapping[str, Mapping[str, str]], jobs: Sequence[str]) -> None:
    scraped = [{"targets": [address], "labels": dict(labels)} for address, labels in targets.items()]
    document = {
        "global": {"scrape_interval": _INTERVAL, "scrape_timeout": _INTERVAL},
        "scrape_configs": [
            {"job_name": job, "static_configs": scraped if job in jobs else []} for job in _JOBS
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(document))
