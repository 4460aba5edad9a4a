import copy
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl import render
from platformctl.adapters.cluster.observing import scaling
from platformctl.domain.features import Features
from platformctl.domain.revision import Scale
from platformctl.domain.scaling import Prometheus
from tests.fakes.values import revision
from tests.render.cases import SHAPE

pytestmark = pytest.mark.quick

PERCENT = st.none() | st.integers(1, 100)
QUERY = st.builds(
    Prometheus,
    address=st.just("http://prometheus.monitoring:9090"),
    query=st.just("sum(up)"),
    threshold=st.integers(1, 10**6).map(lambda n: n / 1000),
)


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    minimum = draw(st.integers(1, 5))
    bounds = {"minimum": minimum, "maximum": minimum + draw(st.integers(0, 5))}
    if draw(st.booleans()):
        return Scale(**bounds, prometheus=draw(QUERY))
    return Scale(**bounds, cpu=draw(PERCENT), memory=draw(PERCENT))


def service(scale: Scale, *, separate: bool) -> Mapping[str, Any]:
    model = revision(4).model.model_copy(update={"uri": "s3://bucket/m-4"})
    pair = {"transformer": Features(rename={"AGE": "age"}), "placement": "separate"} if separate else {}
    return render.revision(revision(4).model_copy(update={"model": model, **pair}), scale, SHAPE)[0]


def merged(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7386."""
    found = copy.deepcopy(dict(base))
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key, {}), value) if isinstance(value, Mapping) else value
    return found


@given(before=scales(), after=scales(), separate=st.booleans())
def test_what_is_patched_is_what_would_be_rendered(before: Scale, after: Scale, *, separate: bool) -> None:
    rendered = service(before, separate=separate)
    assert merged(rendered, render.patch(rendered, after)) == service(after, separate=separate)


@given(scale=scales())
def test_the_scale_is_read_back(scale: Scale) -> None:
    assert scaling.scale(service(scale, separate=False)) == scale


def test_bounds_that_meet_keep_the_autoscaler() -> None:
    """Another class is another annotation of the pods, which restarts them."""
    apart = service(Scale(minimum=1, maximum=4, cpu=80), separate=False)
    together = service(Scale(minimum=4, maximum=4, cpu=80), separate=False)
    assert apart["metadata"]["annotations"] == together["metadata"]["annotations"]
