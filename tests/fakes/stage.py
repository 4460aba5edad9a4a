"""A stage for use cases: one world, one registry, and as many clients as a scene needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.revision import ModelInfo, Revision
from platformctl.domain.version_ref import Exact
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.fakes import (
    FakeClock,
    FakeCounters,
    FakeLease,
    FakeMetrics,
    FakeRegistry,
    FakeTarget,
    FakeVersion,
    FakeWorld,
    RecordingReporter,
)
from tests.fakes.killing import Fuse, fused
from tests.fakes.values import CHURN, without_times

Command = Callable[[World], object]
"""What a person types, for a client."""


_EXAMPLE = "serving_input_example.json"
_VERSION = FakeVersion(
    files={_EXAMPLE: b'{"dataframe_split": {"columns": ["age"], "data": [[42]]}}'},
    info=ModelInfo(flavor="sklearn", has_mlmodel=True, has_signature=True, example=_EXAMPLE),
)


def _fingerprint(path: str) -> str:
    return f"sha-256 of {path}"


@dataclass
class Stage:
    """One world, with a registry that has versions of `churn`.

    Args:
        versions: How many there are.
    """

    versions: int = 3
    world: FakeWorld = field(default_factory=FakeWorld)
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    reporter: RecordingReporter = field(default_factory=RecordingReporter)

    def __post_init__(self) -> None:
        self.registry.register(CHURN, *[_VERSION] * self.versions)

    def client(self, who: str = "ada", fuse: Fuse | None = None, leases: FakeWorld | None = None) -> World:
        """A client; `leases`: where it takes its leases, if not where all others do."""
        fuse = fuse or Fuse()
        return World(
            target=fused(FakeTarget(self.world, who), fuse),
            registry=fused(self.registry, fuse),
            lease=fused(FakeLease(leases or self.world, who), fuse),
            counters=fused(FakeCounters(self.world), fuse),
            metrics=FakeMetrics(self.world),
            reporter=fused(self.reporter, fuse),
            clock=fused(FakeClock(self.world), fuse),
            fingerprint=_fingerprint,
            holder=who,
            timeout=timedelta(seconds=30),
        )

    def deploy(self, version: int, canary: int | None = None, spec: ModelDeployment | None = None) -> None:
        """Deploy a version to the end, undisturbed, whatever became of it before."""
        request = DeployRequest(CHURN, spec=spec, version=Exact(version), canary=canary, retry=True)
        deploy(self.client(), request)

    def revision(self, version: int) -> Revision:
        """The revision that a deployment of that version makes."""
        return Revision(deployment=CHURN, model=self.registry.resolve(CHURN, Exact(version)))

    def observe(self, name: Name = CHURN) -> Observed:
        """The deployment as anybody sees it."""
        return FakeTarget(self.world).observe(name)

    def picture(self) -> object:
        """Everything that lasts, without when and how it came about, to be compared."""
        live = {revision: one.scale for revision, one in self.world.live.items()}
        seen = self.observe()
        return without_times(seen.rollout), seen.route, live, dict(self.registry.aliases), self.world.leases

    def live(self) -> set[RevisionId]:
        """The revisions that are there."""
        return set(self.world.live)
