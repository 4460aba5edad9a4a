import pytest

from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Spec
from platformctl.domain.errors import NotFound
from platformctl.domain.revision import ModelInfo
from platformctl.domain.version_ref import Alias, Exact
from platformctl.usecases.overrides import Overrides
from tests.fakes import FakeVersion
from tests.usecases.scene import CHURN, Scene

pytestmark = pytest.mark.quick


def spec(**model: object) -> ModelDeployment:
    return ModelDeployment(metadata=Metadata(name=CHURN), spec=Spec(model=ModelSource(**model)))


def test_a_first_deployment_takes_the_champion(scene: Scene) -> None:
    scene.registry.aliases["churn", "champion"] = "2"
    scene.deploy()
    assert scene.shares == {"v2": 100}
    assert any("alias champion" in line for line in scene.reporter.said)


def test_without_a_champion_it_takes_the_newest_that_is_ready(scene: Scene) -> None:
    scene.registry.register("churn", FakeVersion(status="PENDING_REGISTRATION"), FakeVersion(files=None))
    scene.deploy()
    assert scene.shares == {"v3": 100}
    assert any("the newest READY version" in line for line in scene.reporter.said)


def test_a_canary_takes_the_challenger(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.registry.aliases["churn", "challenger"] = "2"
    scene.deploy(canary=10)
    assert scene.shares == {"v1": 90, "v2": 10}


def test_a_canary_without_a_challenger_takes_the_newest(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.deploy(canary=10)
    assert scene.shares == {"v1": 90, "v3": 10}


def test_on_a_live_deployment_the_version_stays(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.registry.aliases["churn", "champion"] = "2"
    outcome = scene.deploy()
    assert not outcome.changed
    assert scene.shares == {"v1": 100}


def test_the_version_that_stays_needs_no_registry(scene: Scene) -> None:
    scene.deploy(version=Exact(1))
    scene.registry.is_down = True
    assert not scene.deploy().changed


def test_the_command_beats_the_spec(scene: Scene) -> None:
    scene.registry.aliases["churn", "blue"] = "2"
    scene.deploy(spec=spec(version=3), version=Alias("blue"))
    assert scene.shares == {"v2": 100}


def test_the_spec_beats_the_rules(scene: Scene) -> None:
    scene.registry.aliases["churn", "champion"] = "2"
    scene.deploy(spec=spec(version=1))
    assert scene.shares == {"v1": 100}


def test_an_alias_of_the_spec_that_is_missing_is_not_replaced_by_a_guess(scene: Scene) -> None:
    with pytest.raises(NotFound):
        scene.deploy(spec=spec(alias="gold"))
    assert scene.seen().revisions == {}


def test_what_is_missing_is_named_where_it_was_asked_for(scene: Scene) -> None:
    with pytest.raises(NotFound) as on_the_command:
        scene.deploy(version=Exact(9))
    with pytest.raises(NotFound) as in_the_spec:
        scene.deploy(spec=spec(version=9))
    assert (on_the_command.value.field, in_the_spec.value.field) == ("--version", "spec.model.version")


def test_a_folder_is_served_without_a_registry(scene: Scene) -> None:
    scene.registry.folders["/models/churn"] = {"model.joblib": b"1"}
    outcome = scene.deploy(spec=spec(path="/models/churn"))
    assert outcome.text.startswith("churn-files-")


def test_a_model_without_a_signature_is_refused_before_anything_changes(scene: Scene) -> None:
    unsigned = ModelInfo(flavor="sklearn", has_mlmodel=True, has_signature=False)
    scene.registry.register("churn", FakeVersion(info=unsigned))
    with pytest.raises(Exception, match="churn v4 has no signature") as caught:
        scene.deploy()
    assert getattr(caught.value, "exit_code", None) == 2
    assert scene.world.recorded == {}


def test_a_model_without_a_signature_is_served_when_the_person_says_so(scene: Scene) -> None:
    unsigned = ModelInfo(flavor="sklearn", has_mlmodel=True, has_signature=False)
    scene.registry.register("churn", FakeVersion(info=unsigned))
    scene.deploy(overrides=Overrides(signature="optional"))
    assert scene.shares == {"v4": 100}
