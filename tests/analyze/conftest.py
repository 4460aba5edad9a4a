"""A command line over fakes, with a rollout that decides by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from platformctl.domain.progress import Event
from platformctl.domain.settings import Flags
from platformctl.usecases.automatic import LOOK_SECONDS, Driver
from platformctl.usecases.world import World
from tests.cli.conftest import Cli
from tests.cli.hosts import FakeHost
from tests.usecases.crowd import Crowd
from tests.usecases.scene import CHURN, Scene

SPEC = """
apiVersion: platformctl.io/v1alpha1
kind: ModelDeployment
metadata: {name: churn}
spec:
  model: {version: 2}
  rollout: {steps: [1, 10, 50, 100]}
"""


class _Nobody:
    def event(self, event: Event) -> None: ...


@dataclass
class Stage:
    """A deployment whose second version takes over by itself, and its callers."""

    cli: Cli
    crowd: Crowd

    @property
    def world(self) -> World:
        host = self.cli.host
        return host.world(host.settings(Flags()), _Nobody(), timedelta(seconds=60))

    def passes(self, looks: int) -> None:
        """Let time pass, with a look every five seconds."""
        driver = Driver(self.world)
        for _ in range(looks):
            self.crowd.ask(LOOK_SECONDS)
            self.cli.host.fakes.pass_time(LOOK_SECONDS)
            driver.turn(CHURN)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(FakeHost(), capsys.readouterr)


@pytest.fixture
def begun(cli: Cli, tmp_path: Path) -> Callable[..., Stage]:
    """Begin a rollout to version 2 after version 1 has answered for a while."""

    def begin(errors: float = 0.005, rate: float = 20.0) -> Stage:
        assert cli("deploy", "churn", "--version", "1").code == 0
        crowd = Crowd(Scene(world=cli.host.fakes), rate, {"v2": errors})
        crowd.ask(200)
        (tmp_path / "churn.yaml").write_text(SPEC)
        assert cli("deploy", "-f", str(tmp_path / "churn.yaml")).code == 0
        return Stage(cli, crowd)

    return begin
