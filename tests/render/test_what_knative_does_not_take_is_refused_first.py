from typing import Any

import pytest

from platformctl import render
from platformctl.domain.components import Image
from platformctl.domain.errors import SpecError
from platformctl.domain.features import Features
from platformctl.domain.names import Name
from platformctl.domain.resources import Resources
from platformctl.domain.revision import Code, Revision, Scale
from platformctl.domain.scaling import Prometheus
from tests.fakes.values import revision
from tests.render.cases import SHAPE

pytestmark = pytest.mark.quick

FEATURES = Features(rename={"AGE": "age"})
QUERY = Prometheus(address="http://prometheus:9090", query="sum(up)", threshold=1)


def churn(name: str = "churn", **changed: object) -> Revision:
    made = revision(4, Name(name))
    model = made.model.model_copy(update={"uri": "s3://bucket/m-4"})
    return made.model_copy(update={"model": model, **changed})


def image(**more: object) -> Image:
    return Image.model_validate({"image": "registry.example/churn:1", **more})


def refused(given: Revision, scale: Scale | None = None, percent: int = 100) -> SpecError:
    with pytest.raises(SpecError) as by_service:
        render.knative.service(given, scale or Scale(), percent, SHAPE)
    error = by_service.value
    if 0 <= percent <= 100:  # percent
        with pytest.raises(SpecError) as by_revision:
            render.knative.revision(given, scale or Scale(), SHAPE)
        assert by_revision.value.message == error.message, "it is refused before anything is made"
    return error


@pytest.mark.parametrize(
    ("changed", "field", "way_out"),
    [
        (
            {"transformer": FEATURES, "placement": "separate"},
            "spec.transformer.placement",
            "write placement: collocated",
        ),
        ({"transformer": image()}, "spec.transformer.image", "write it as features or a class"),
        ({"transformer": FEATURES, "predictor": image()}, "spec.predictor.image", "let the image do what"),
        ({"predictor": image(port=9090)}, "spec.predictor.port", "another one, such as 8080"),
        (
            {"predictor": image(env={"PORT": "80"})},
            "spec.predictor.env.PORT",
            "leave it out: PORT will be spec.predictor.port",
        ),
        ({"predictor": image(env={"K_REVISION": "a"})}, "spec.predictor.env.K_REVISION", "leave it out"),
        (
            {"predictor": Code.model_validate({"class": "a.b:C", "path": "/home/ann", "content": "0" * 64})},
            "spec.predictor.path",
            "platformctl image build",
        ),
    ],
    ids=["separate", "transformer image", "predictor image", "port", "variable", "K_", "folder"],
)
def test_of_a_revision(changed: dict[str, Any], field: str, way_out: str) -> None:
    error = refused(churn(**changed))
    assert error.field == field
    assert way_out in str(error.hint)


@pytest.mark.parametrize(
    ("scale", "memory", "field", "way_out"),
    [
        (Scale(maximum=2, prometheus=QUERY), "1Gi", "spec.scaling.prometheus", "write concurrency or rps"),
        (Scale(maximum=2, cpu=80, memory=80), "1Gi", "spec.scaling.memory", "leave one of them out"),
        (Scale(maximum=2, memory=80), "99Mi", "spec.scaling.memory", "resources.memory: 100Mi or more"),
    ],
)
def test_of_a_scale(scale: Scale, memory: str, field: str, way_out: str) -> None:
    error = refused(churn(resources=Resources(memory=memory)), scale)
    assert error.field == field
    assert way_out in str(error.hint)


@pytest.mark.parametrize("percent", [-1, 101, 150])
def test_a_share_that_is_none(percent: int) -> None:
    """KServe takes it, and Knative then keeps the traffic as it is."""
    assert f"not {percent}" in refused(churn(), percent=percent).message


@pytest.mark.parametrize("percent", [0, 1, 100])
def test_a_share_is_always_said(percent: int) -> None:
    made = render.knative.service(churn(), Scale(), percent, SHAPE)
    assert made["spec"]["predictor"]["canaryTrafficPercent"] == percent


def test_a_name_of_which_no_host_can_be_made() -> None:
    fits = 63 - len("latest-") - len("-predictor")
    assert render.knative.service(churn("a" * fits), Scale(), 100, SHAPE)
    error = refused(churn("a" * (fits + 1)))
    assert error.field == "metadata.name"
    assert f"at most {fits} characters" in str(error.hint)


@pytest.mark.parametrize(
    "changed",
    [
        {"transformer": FEATURES},
        {"transformer": Code.model_validate({"class": "a.b:C", "content": None})},
        {"predictor": image(port=9000)},
        {"predictor": image(model=False)},
    ],
)
def test_what_is_in_one_container_is_taken(changed: dict[str, Any]) -> None:
    made = render.knative.service(churn(**changed), Scale(), 100, SHAPE)
    (container,) = made["spec"]["predictor"]["containers"]
    assert len(container["ports"]) == 1
    assert "lifecycle" not in container
    assert "transformer" not in made["spec"]
