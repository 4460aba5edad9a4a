from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from platformctl.domain.deployment import Metadata, ModelDeployment, Spec
from platformctl.domain.observed import Finding, Severity
from platformctl.domain.progress import Said, Warned
from platformctl.domain.resources import Resources
from platformctl.domain.revision import Revision, Scale
from platformctl.domain.version_ref import Exact
from platformctl.usecases.change import promote
from platformctl.usecases.deploy import deploy
from platformctl.usecases.request import DeployRequest
from platformctl.usecases.world import World
from tests.fakes import FakeTarget
from tests.usecases.scene import CHURN, Scene

pytestmark = pytest.mark.quick

FINDINGS = (
    Finding(Severity.INFO, "queue-proxy has a part of it", "spec.resources"),
    Finding(Severity.INFO, "free GPUs are not known", "spec.resources.gpu", "kubectl create role"),
    Finding(Severity.WARNING, "pods read without credentials", "spec.model", "storage_secret"),
)
SAID = ["queue-proxy has a part of it", "free GPUs are not known (kubectl create role)"]
WARNED = [Warned("pods read without credentials", "storage_secret")]


@dataclass
class Telling(FakeTarget):
    """A target that has something to say of each revision."""

    scene: Scene

    def __post_init__(self) -> None:
        FakeTarget.__init__(self, self.scene.world)

    def check(self, revision: Revision, scale: Scale) -> Sequence[Finding]:  # noqa: ARG002 - the port's
        return FINDINGS


def client(scene: Scene) -> World:
    scene.reporter.events.clear()
    return replace(scene.client(), target=Telling(scene))


def assert_told(scene: Scene) -> None:
    events = scene.reporter.events
    assert [event for event in events if isinstance(event, Warned)] == WARNED
    said = [event.text for event in events if isinstance(event, Said)]
    assert [text for text in said if text in SAID] == SAID


def spec(**fields: object) -> ModelDeployment:
    return ModelDeployment(metadata=Metadata(name=CHURN), spec=Spec.model_validate(fields))


def test_a_deployment_says_what_is_so_and_warns_of_what_is_not_as_it_should_be(scene: Scene) -> None:
    deploy(client(scene), DeployRequest(CHURN))
    assert_told(scene)


def test_so_does_a_promotion(scene: Scene) -> None:
    wanted = spec(resources=Resources(gpu=1))
    scene.deploy(spec=wanted, version=Exact(1))
    scene.deploy(spec=wanted, version=Exact(2), canary=10)
    promote(client(scene), CHURN, None)
    assert_told(scene)
