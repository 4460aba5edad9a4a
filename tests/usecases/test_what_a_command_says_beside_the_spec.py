import pytest

from platformctl.domain.components import CodeClass, Format
from platformctl.domain.deployment import Metadata, ModelDeployment, ModelSource, Spec
from platformctl.domain.errors import SpecError
from platformctl.domain.revision import ByFormat
from platformctl.domain.version_ref import Exact
from platformctl.usecases.deploy import plan_deploy
from platformctl.usecases.overrides import Overrides, overridden
from platformctl.usecases.request import DeployRequest
from tests.usecases.scene import CHURN, Scene

pytestmark = pytest.mark.quick


def wanted(**fields: object) -> ModelDeployment:
    return ModelDeployment(metadata=Metadata(name="churn"), spec=Spec.model_validate(fields))


def test_nothing_said_changes_nothing() -> None:
    spec = wanted(predictor=CodeClass(class_="a:B"))
    assert overridden(spec, Overrides()) is spec


def test_what_is_said_is_as_if_the_spec_said_it() -> None:
    said = Overrides("optional", True, ("a.B", "c.D"), "onnx", "both")  # noqa: FBT003 - in the order of its fields
    spec = overridden(wanted(model=ModelSource(trusted_types=("c.D", "e.F"))), said).spec
    assert spec.predictor == Format(format="onnx", output="both")
    assert (spec.model.signature, spec.model.allow_version_skew) == ("optional", True)
    assert spec.model.trusted_types == ("c.D", "e.F", "a.B")


def test_what_the_spec_says_and_the_command_does_not_stays() -> None:
    before = Format(format="pipeline", output="label")
    assert overridden(wanted(predictor=before), Overrides(output="both")).spec.predictor == Format(
        format="pipeline", output="both"
    )
    assert overridden(wanted(predictor=before), Overrides(format="auto")).spec.predictor == Format(
        output="label"
    )
    assert (
        overridden(wanted(predictor=Format(format="onnx")), Overrides(format="auto")).spec.predictor == "auto"
    )


@pytest.mark.parametrize(
    ("said", "option"),
    [
        (Overrides(format="onnx"), "--format"),
        (Overrides(output="both"), "--predict"),
        (Overrides(allow_version_skew=True), "--allow-version-skew"),
        (Overrides(trusted_types=("a.B",)), "--trust-type"),
    ],
)
def test_what_a_class_has_no_use_for_is_refused(said: Overrides, option: str) -> None:
    with pytest.raises(SpecError) as caught:
        overridden(wanted(predictor=CodeClass(class_="a:B")), said)
    assert caught.value.field == option


def test_it_is_recorded_and_holds_for_the_next_version(scene: Scene) -> None:
    said = Overrides(trusted_types=("b.C", "a.B"), output="both")
    scene.deploy(overrides=said, version=Exact(1))
    stable = scene.seen().rollout.stable
    assert stable is not None
    assert stable.predictor == ByFormat(output="both", trusted_types=("a.B", "b.C"))
    scene.deploy(DeployRequest(CHURN), canary=10)
    candidate = scene.seen().rollout.candidate
    assert candidate is not None
    assert candidate.revision.predictor == stable.predictor


def test_trust_is_no_part_of_a_revision_whose_class_loads_the_model(scene: Scene) -> None:
    code = CodeClass(class_="shop.serve:Churn", path="/src")
    plain = plan_deploy(scene.client(), DeployRequest(CHURN, wanted(predictor=code)))
    source = ModelSource(trusted_types=("a.B",), allow_version_skew=True)
    trusting = plan_deploy(scene.client(), DeployRequest(CHURN, wanted(predictor=code, model=source)))
    assert plain.choice.revision.id == trusting.choice.revision.id
