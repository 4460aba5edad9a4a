"""A revision's name is given to Deployments, Services, labels; KServe adds to some of them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.domain.components import Image
from platformctl.domain.errors import SpecError
from platformctl.domain.features import Features
from platformctl.domain.names import NAME_LIMIT, Name, name
from platformctl.domain.revision import ModelVersion, Revision
from platformctl.render import names

pytestmark = pytest.mark.quick

KSERVE_TAKES = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
"""Its webhook's rule for the name of an InferenceService."""


def revision(deployment: str, version: int | None, *, separate: bool = False) -> Revision:
    model = ModelVersion(
        model="churn", version=str(version) if version else None, uri="s3://models/churn", content="ab" * 32
    )
    transformer = Features() if separate else None
    placement = "separate" if separate else "collocated"
    return Revision(deployment=name(deployment), model=model, transformer=transformer, placement=placement)


@given(
    deployment=st.from_regex(rf"[a-z]([-a-z0-9]{{0,{NAME_LIMIT - 2}}}[a-z0-9])?", fullmatch=True),
    version=st.none() | st.integers(1, 99_999),
    separate=st.booleans(),
)
def test_every_object_and_label_fits_or_the_name_is_refused(
    deployment: str, version: int | None, *, separate: bool
) -> None:
    made = revision(deployment, version, separate=separate)
    assert KSERVE_TAKES.fullmatch(made.id)
    components = [names.component(made.id, part) for part in names.parts(made)]
    assert max(map(len, [*components, names.grpc_service(made.id), names.service(made)])) <= 63
    labels = [f"isvc.{component}" for component in components]
    try:
        names.refuse_long_names(made)
    except SpecError:
        assert max(map(len, labels)) > 63
    else:
        assert max(map(len, labels)) <= 63


@pytest.mark.parametrize(("separate", "most"), [(False, 38), (True, 36)])
def test_the_way_out_of_a_name_that_is_too_long_is_one_that_fits(most: int, *, separate: bool) -> None:
    """With a version of one digit all 37 characters fit, but for a transformer in pods of its own."""
    for length in range(30, NAME_LIMIT + 1):
        made = revision("a" * length, 4, separate=separate)
        if length <= most:
            names.refuse_long_names(made)
            continue
        with pytest.raises(SpecError) as refused:
            names.refuse_long_names(made)
        assert f"at most {most} characters" in str(refused.value.hint)


def test_an_image_of_ones_own_has_pods_of_its_own() -> None:
    model = ModelVersion(model="churn", version="4", uri="s3://models/churn")
    made = Revision(deployment=Name("churn"), model=model, transformer=Image(image="features:1"))
    assert names.service(made) == f"{made.id}-transformer"
