"""A world of fakes in which use cases are played, and short ways to ask for them."""

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta

from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.revision import ModelInfo
from platformctl.usecases.deploy import deploy
from platformctl.usecases.outcome import Outcome
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.fakes import (
    Behaviour,
    FakeClock,
    FakeCounters,
    FakeLease,
    FakeMetrics,
    FakeRegistry,
    FakeTarget,
    FakeVersion,
    FakeWorld,
    RecordingReporter,
    columns,
    mlmodel,
)

CHURN = Name("churn")
EXAMPLE = "serving_input_example.json"
BODY = json.dumps({"dataframe_split": {"columns": ["age"], "data": [[30]]}}).encode()


def with_example() -> FakeVersion:
    """A version that brings an input example."""
    info = ModelInfo(flavor="sklearn", has_mlmodel=True, has_signature=True, example=EXAMPLE)
    signed = mlmodel(inputs=columns(age="long"), outputs=columns(churns="long"))
    return FakeVersion(files={"MLmodel": signed, EXAMPLE: BODY}, info=info)


@dataclass
class Scene:
    """One fake world, and one client of it."""

    world: FakeWorld = field(default_factory=FakeWorld)
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    reporter: RecordingReporter = field(default_factory=RecordingReporter)

    def client(self, who: str = "us") -> World:
        """The world as one client has it."""
        return World(
            target=FakeTarget(self.world, who),
            registry=self.registry,
            lease=FakeLease(self.world, who),
            counters=FakeCounters(self.world),
            metrics=FakeMetrics(self.world),
            reporter=self.reporter,
            clock=FakeClock(self.world),
            fingerprint=lambda path: f"digest of {path}",
            holder=who,
            timeout=timedelta(seconds=60),
        )

    def deploy(self, request: DeployRequest | None = None, **changes: object) -> Outcome:
        """Deploy `churn`; `changes` are fields of the request."""
        wanted = replace(request or DeployRequest(CHURN), **changes)  # type: ignore[arg-type]  # by name
        return deploy(self.client(), wanted)

    def seen(self) -> Observed:
        """The deployment `churn` now."""
        return FakeTarget(self.world).observe(CHURN)

    def behave(self, revision: RevisionId, behaviour: Behaviour) -> None:
        """Say how a revision fares."""
        self.world.behaviours[revision] = behaviour

    @property
    def shares(self) -> dict[str, int]:
        """Percent by version, as `{"v1": 90, "v2": 10}`."""
        return {version(revision): share for revision, share in self.seen().route.weights.items()}

    @property
    def live(self) -> list[str]:
        """The versions that are live."""
        return sorted(version(revision) for revision in self.seen().revisions)


def version(revision: RevisionId) -> str:
    """`v2` of `churn-v2-3f9a1c`."""
    return revision.split("-")[-2]
