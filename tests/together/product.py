"""The use cases over a real local stack: everything but the command line."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from platformctl import wiring
from platformctl.adapters import config
from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Spec
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.observed import Observed
from platformctl.domain.scaling import Scaling
from platformctl.domain.settings import Flags
from platformctl.ports import Target
from platformctl.usecases.change import delete, promote, prune, rollback
from platformctl.usecases.deploy import deploy
from platformctl.usecases.outcome import Outcome
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.fakes import RecordingReporter
from tests.local.world import BODY, LocalWorld

__all__ = ["BODY", "Product", "world_of"]


def world_of(home: Path, reporter: RecordingReporter | None = None) -> World:
    """The world that the command line would open for that home."""
    settings = config.settings(Flags(home=home))
    return wiring.world(settings, reporter or RecordingReporter(), timedelta(seconds=60))


@dataclass(frozen=True)
class Product:
    """A stack that is up, and one deployment on it, whose model answers its own number to every row."""

    local: LocalWorld
    name: Name
    around: Callable[[Target], Target] = lambda target: target

    @property
    def world(self) -> World:
        """The ports, as one more client has them."""
        world = world_of(self.local.home.root)
        return replace(world, target=self.around(world.target))

    @property
    def path(self) -> str:
        """Where predictions are asked for."""
        return f"/v1/models/{self.name}:predict"

    def spec(self, folder: str, replicas: int = 1) -> ModelDeployment:
        """A spec whose model is in that folder."""
        source, scaling = ModelSource(path=folder), Scaling(min=replicas)
        return ModelDeployment(metadata=Metadata(name=self.name), spec=Spec(model=source, scaling=scaling))

    def revision(self, answer: int) -> RevisionId:
        """The revision that answers that number."""
        return self.local.revision(self.name, answer).id

    def deploy(self, answer: int, canary: int | None = None, *, replicas: int = 1) -> Outcome:
        """Deploy the model that answers that number."""
        folder = self.local.revision(self.name, answer).model.uri
        return self.deploy_spec(self.spec(folder, replicas), canary)

    def deploy_spec(self, spec: ModelDeployment, canary: int | None = None) -> Outcome:
        """Deploy what a spec says."""
        return deploy(self.world, DeployRequest(self.name, spec=spec, canary=canary))

    def promote(self) -> Outcome:
        """Promote the canary."""
        return promote(self.world, self.name, None)

    def rollback(self) -> Outcome:
        """Roll back."""
        return rollback(self.world, self.name, None)

    def prune(self, keep: int) -> Outcome:
        """Remove previous revisions."""
        return prune(self.world, self.name, keep)

    def delete(self) -> None:
        """Remove all, if it is there."""
        if self.seen.token:
            delete(self.world, self.name)

    @property
    def seen(self) -> Observed:
        """The deployment now."""
        return self.local.observe(self.name)

    @property
    def shares(self) -> dict[RevisionId, int]:
        """Percent by revision."""
        return dict(self.seen.route.weights)
