import pytest

from platformctl import render
from platformctl.domain.components import Image
from platformctl.domain.errors import SpecError
from platformctl.domain.names import Name
from platformctl.domain.revision import Code, Revision, Scale
from platformctl.domain.scaling import Prometheus
from tests.fakes.values import revision
from tests.render.cases import SHAPE

pytestmark = pytest.mark.quick

QUERY = Prometheus(address="http://prometheus:9090", query="sum(up)", threshold=1)


def churn(name: str = "churn", **changed: object) -> Revision:
    made = revision(4, Name(name))
    model = made.model.model_copy(update={"uri": "s3://bucket/m-4"})
    return made.model_copy(update={"model": model, **changed})


def code(path: str | None) -> Code:
    return Code.model_validate({"class": "team.models:Churn", "path": path, "content": "0" * 64})


@pytest.mark.parametrize("part", ["predictor", "transformer"])
def test_a_class_in_a_folder_of_this_machine(part: str) -> None:
    with pytest.raises(SpecError) as refused:
        render.revision(churn().model_copy(update={part: code("/home/ann/team")}), Scale(), SHAPE)
    assert refused.value.field == f"spec.{part}.path"
    assert refused.value.hint
    assert "platformctl image build" in refused.value.hint
    assert render.revision(churn().model_copy(update={part: code(None)}), Scale(), SHAPE)


def test_a_name_that_is_too_long_for_a_label_of_kserve() -> None:
    fits = 63 - len("isvc.") - len("-v4-000000") - len("-predictor")
    assert render.revision(churn("a" * fits), Scale(), SHAPE)
    with pytest.raises(SpecError) as refused:
        render.revision(churn("a" * (fits + 1)), Scale(), SHAPE)
    assert refused.value.field == "metadata.name"
    assert refused.value.hint
    assert f"at most {fits} characters" in refused.value.hint


def test_a_transformer_of_its_own_needs_a_shorter_one() -> None:
    fits = 63 - len("isvc.") - len("-v4-000000") - len("-transformer")
    image = Image(image="registry.example/prepare:1")
    assert render.revision(churn("a" * fits, transformer=image), Scale(), SHAPE)
    with pytest.raises(SpecError, match="too long"):
        render.revision(churn("a" * (fits + 1), transformer=image), Scale(), SHAPE)


@pytest.mark.parametrize(
    ("scale", "field", "way_out"),
    [
        (Scale(minimum=0, maximum=2), "spec.scaling.min", "write min: 1"),
        (Scale(minimum=0, maximum=2, prometheus=QUERY), "spec.scaling.min", "write min: 1"),
        (Scale(maximum=2, concurrency=4), "spec.scaling.concurrency", "write cpu: 80"),
        (Scale(maximum=2, rps=50), "spec.scaling.rps", "write cpu: 80"),
    ],
)
def test_what_only_knative_scales_by(scale: Scale, field: str, way_out: str) -> None:
    with pytest.raises(SpecError, match="in Standard mode") as refused:
        render.revision(churn(), scale, SHAPE)
    assert refused.value.field == field
    assert refused.value.hint
    assert way_out in refused.value.hint
    assert "--mode knative" in refused.value.hint


def test_what_shares_its_gpus_is_not_what_sleeps() -> None:
    assert render.revision(churn(), Scale(shared=True), SHAPE) == render.revision(churn(), Scale(), SHAPE)


def test_a_model_that_pods_cannot_read() -> None:
    with pytest.raises(SpecError, match="on this machine"):
        render.revision(revision(4), Scale(), SHAPE)
    image = Image(image="registry.example/rules:1", model=False)
    assert render.revision(revision(4).model_copy(update={"predictor": image}), Scale(), SHAPE)
