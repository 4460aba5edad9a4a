"""A command line over fakes, and one that has a canary."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from platformctl.cli.main import run
from tests.cli.hosts import FakeHost, Ran


@dataclass
class Cli:
    """Runs commands in this process; what they write is caught."""

    host: FakeHost
    caught: Callable[[], tuple[str, str]]

    def __call__(self, *arguments: str) -> Ran:
        self.caught()
        code = run(arguments, self.host)
        return Ran(code, *self.caught())


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(FakeHost(), capsys.readouterr)


@pytest.fixture
def steady(cli: Cli) -> Cli:
    """Version 1 has everything."""
    assert cli("deploy", "churn").code == 0
    return cli


@pytest.fixture
def canary(steady: Cli) -> Cli:
    """Version 2 has ten percent."""
    assert steady("deploy", "churn", "--canary", "10").code == 0
    return steady


def interrupt() -> None:
    """What Ctrl-C does."""
    raise KeyboardInterrupt
