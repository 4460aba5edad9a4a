import json
from pathlib import Path

import pytest

from platformctl import render
from platformctl.domain.cluster import KSERVE_VERSIONS, Mode
from platformctl.domain.errors import SpecError
from platformctl.domain.manifests import Manifest
from platformctl.domain.revision import Scale
from platformctl.render import checked
from tests.fakes.values import revision
from tests.render.cases import CASES, SHAPE, objects

pytestmark = pytest.mark.quick

MODE = "serving.kserve.io/deploymentMode"
CALLED = {Mode.STANDARD: ("Standard", "RawDeployment"), Mode.KNATIVE: ("Knative", "Serverless")}
"""Now, and in KServe 0.15."""


@pytest.mark.parametrize("version", KSERVE_VERSIONS)
@pytest.mark.parametrize("name", CASES)
def test_no_object_has_a_field_too_many(name: str, version: str, tmp_path: Path) -> None:
    for manifest in objects(name, tmp_path, kserve=version):
        assert checked.fault(manifest, version) is None
        if manifest["kind"] == "InferenceService":
            assert manifest["metadata"]["annotations"][MODE] == CALLED[CASES[name].mode][version == "0.15"]


def service(**more: object) -> Manifest:
    """An InferenceService whose predictor has more fields than we render."""
    made = revision(4).model_copy(update={"model": revision(4).model.model_copy(update={"uri": "s3://b/4"})})
    manifest = json.loads(json.dumps(render.revision(made, Scale(), SHAPE)[0]))
    manifest["spec"]["predictor"] |= more
    return dict(manifest)


def test_a_field_that_it_lacks_is_refused_by_its_path() -> None:
    with pytest.raises(SpecError) as refused:
        checked.check([service(speculation={"tokens": 4})], "0.17")
    assert "KServe 0.17 does not take the field spec.predictor.speculation" in str(refused.value)
    assert refused.value.hint
    assert "no version" in refused.value.hint


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"minReplicas": "2"}, "'2' in spec.predictor.minReplicas"),
        (
            {"autoScaling": {"metrics": [{"type": "Pods"}]}},
            "'Pods' in spec.predictor.autoScaling.metrics.0.type",
        ),
        ({"containers": [{"image": "a"}]}, "a mapping in spec.predictor.containers.0"),
    ],
)
def test_a_value_that_it_does_not_take_is_refused(more: dict[str, object], wrong: str) -> None:
    with pytest.raises(SpecError, match="does not take") as refused:
        checked.check([service(**more)], "0.20")
    assert wrong in refused.value.message
