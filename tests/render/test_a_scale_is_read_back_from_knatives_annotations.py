from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl import render
from platformctl.domain.names import RevisionId
from platformctl.domain.resources import Resources
from platformctl.domain.revision import Scale
from platformctl.domain.scaling import Scaling
from platformctl.plan import capacity
from tests.fakes.values import revision
from tests.render.cases import SHAPE

pytestmark = pytest.mark.quick

MEMORY = st.integers(100, 10**6).map("{}Mi".format)
KPA, HPA = "kpa.autoscaling.knative.dev", "hpa.autoscaling.knative.dev"
LIMIT = 100


@st.composite
def scalings(draw: st.DrawFn) -> Scaling:
    least = draw(st.integers(0, 5))
    most = draw(st.integers(max(1, least), least + 5))
    kinds = ["concurrency", "rps"] + (["cpu", "memory"] if least else [])
    if most == least or draw(st.booleans()):
        return Scaling(min=least, max=most)
    return Scaling(min=least, max=most, **{draw(st.sampled_from(kinds)): draw(st.integers(1, LIMIT))})


def service(scale: Scale, memory: str) -> Mapping[str, Any]:
    model = revision(4).model.model_copy(update={"uri": "s3://bucket/m-4"})
    changed = {"model": model, "resources": Resources(memory=memory)}
    return render.knative.service(revision(4).model_copy(update=changed), scale, 100, SHAPE)


def annotations(made: Mapping[str, Any]) -> dict[str, str]:
    """Those of the Knative revision, as KServe writes them (SetAutoScalingAnnotations, 0.20)."""
    predictor = made["spec"]["predictor"]
    found = {**made["metadata"]["annotations"], **predictor["annotations"]}
    found.setdefault("autoscaling.knative.dev/class", KPA)
    if "scaleTarget" in predictor:
        found["autoscaling.knative.dev/target"] = str(predictor["scaleTarget"])
    if "scaleMetric" in predictor:
        found["autoscaling.knative.dev/metric"] = predictor["scaleMetric"]
    found["autoscaling.knative.dev/min-scale"] = str(predictor["minReplicas"])
    found["autoscaling.knative.dev/max-scale"] = str(predictor["maxReplicas"])
    return found


@given(scaling=scalings(), memory=MEMORY)
def test_what_is_told_is_what_the_spec_asks_for(scaling: Scaling, memory: str) -> None:
    wanted = capacity.settled(scaling, RevisionId("churn-v4-000000"))
    told = render.knative.told(annotations(service(wanted, memory)), memory)
    assert told is not None
    assert wanted.is_met_by(told)
    assert told == wanted.model_copy(update={"by_default": False, "cpu": scaling.cpu})


@given(scaling=scalings(), memory=MEMORY, lifted=st.integers(1, 20))
def test_bounds_that_are_changed_in_place_are_all_that_differs(
    scaling: Scaling, memory: str, lifted: int
) -> None:
    before = capacity.settled(scaling, RevisionId("churn-v4-000000"))
    scale = before.model_copy(update={"minimum": lifted, "maximum": max(lifted, before.maximum)})
    said = annotations(service(before, memory))
    changed = {**said, **render.knative.in_place(scale, said)}
    assert {key: value for key, value in changed.items() if value} == annotations(service(scale, memory))


@pytest.mark.parametrize(
    ("scale", "metric", "scaler"),
    [
        (Scale(maximum=4, cpu=80), "cpu", HPA),
        (Scale(maximum=4, cpu=80, by_default=True), None, KPA),
        (Scale(maximum=4, memory=70), "memory", HPA),
        (Scale(minimum=0, maximum=4, concurrency=3), "concurrency", KPA),
        (Scale(maximum=4, rps=3), "rps", KPA),
        (Scale(maximum=1), None, KPA),
    ],
)
def test_who_scales_by_what(scale: Scale, metric: str | None, scaler: str) -> None:
    made = annotations(service(scale, "2Gi"))
    assert made.get("autoscaling.knative.dev/metric") == metric
    assert made["autoscaling.knative.dev/class"] == scaler


def test_memory_is_held_in_mebibytes_which_no_field_of_kserve_says() -> None:
    """KServe takes a scaleTarget of at most 100, whatever it means."""
    made = service(Scale(maximum=4, memory=70), "2Gi")
    assert annotations(made)["autoscaling.knative.dev/target"] == "1433"
    assert "scaleTarget" not in made["spec"]["predictor"]


@pytest.mark.parametrize(
    "changed",
    [
        {"max-scale": None},
        {"min-scale": "few"},
        {"metric": "queue", "target": "3"},
        {"class": HPA, "metric": "requests", "target": "3"},
        {"target": "0.5"},
    ],
)
def test_what_no_spec_could_say_is_not_read(changed: dict[str, str | None]) -> None:
    plain = annotations(service(Scale(maximum=4), "2Gi"))
    edited = plain | {f"autoscaling.knative.dev/{key}": value for key, value in changed.items()}
    found = {key: value for key, value in edited.items() if value is not None}
    assert render.knative.told(found, "2Gi") is None


@pytest.mark.parametrize(
    "before", [Scale(maximum=4), Scale(maximum=4, rps=3), Scale(maximum=9, concurrency=1)]
)
@pytest.mark.parametrize(
    "scale", [Scale(maximum=4), Scale(maximum=2, rps=5), Scale(maximum=4, concurrency=7)]
)
def test_what_knatives_own_autoscaler_goes_by_is_changed_in_place(before: Scale, scale: Scale) -> None:
    said = annotations(service(before, "2Gi"))
    changed = {key: value for key, value in {**said, **render.knative.in_place(scale, said)}.items() if value}
    assert changed == annotations(service(scale, "2Gi"))
    assert render.knative.in_place(scale, changed) == {}


def test_who_scales_is_not_changed_in_place_nor_by_what_the_other_goes() -> None:
    said = annotations(service(Scale(maximum=4, cpu=80), "2Gi"))
    changed = render.knative.in_place(Scale(minimum=2, maximum=4, concurrency=7), said)
    assert changed == {"autoscaling.knative.dev/min-scale": "2"}
