"""A command line over fakes, with callers, and a version that takes over by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from platformctl.domain.observed import Observed
from platformctl.domain.progress import Event
from platformctl.domain.settings import Flags
from platformctl.usecases.automatic import LOOK_SECONDS, Driver
from platformctl.usecases.world import World
from tests.cli.conftest import Cli
from tests.cli.hosts import Ran
from tests.fakes import FakeTarget
from tests.usecases.crowd import Crowd
from tests.usecases.scene import CHURN, Scene


class _Nobody:
    def event(self, event: Event) -> None: ...


@dataclass
class Deciding:
    """Version 1 serves and has callers; version 2 may take over by itself.

    Args:
        crowd: They go on while time passes.
    """

    cli: Cli
    crowd: Crowd

    @classmethod
    def over(cls, cli: Cli, errors: Mapping[str, float] | None = None) -> "Deciding":
        """Deploy version 1, and let it answer 6,000 requests."""
        assert cli("deploy", "churn").code == 0
        crowd = Crowd(Scene(world=cli.host.fakes), 20.0, errors or {})
        crowd.ask(300)
        return cls(cli, crowd)

    def begin(self, *options: str) -> Ran:
        """Deploy version 2 with `--auto`; from now on callers call while time passes."""
        ran = self.cli("deploy", "churn", "--version", "2", "--auto", *options)
        self.cli.host.fakes.while_time_passes = self.crowd.ask
        return ran

    def world(self) -> World:
        """As somebody else has it."""
        host = self.cli.host
        return host.world(host.settings(Flags()), _Nobody(), timedelta(seconds=60))

    def drive(self, looks: int) -> None:
        """Somebody drives it for a while."""
        driver = Driver(self.world())
        for _ in range(looks):
            self.cli.host.fakes.pass_time(LOOK_SECONDS)
            driver.turn(CHURN)

    def seen(self) -> Observed:
        """The deployment now."""
        return FakeTarget(self.cli.host.fakes).observe(CHURN)

    @property
    def shares(self) -> list[int]:
        """Of version 1 and version 2, in percent."""
        weights = {revision.split("-")[1]: share for revision, share in self.seen().route.weights.items()}
        return [weights.get(version, 0) for version in ("v1", "v2")]
