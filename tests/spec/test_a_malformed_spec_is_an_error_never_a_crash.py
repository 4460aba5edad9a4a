"""10,000 malformed specs: a SpecError each. About 600 more mutations happen to be valid."""

import copy
import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platformctl.adapters.spec_files import decoded, dump, parse
from platformctl.domain.deployment import ModelDeployment
from platformctl.domain.errors import SpecError
from tests.spec.strategies import OF_OURS, VALID

pytestmark = pytest.mark.quick


def many(examples: int) -> settings:
    """Settings of one of the five tests, which make 11,000 examples together."""
    return settings(
        max_examples=examples,
        deadline=None,  # two cores, shared: a slow example says nothing
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # any YAML value
    """Every place in a document, its root left out."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    below = [places(value[key], (*path, key)) for key in keys]
    return ([path] if path else []) + [place for some in below for place in some]


PLACES = sorted({*places(VALID), *places(OF_OURS)}, key=str)
FIELDS = sorted({str(path[-1]) for path in PLACES})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["", "auto", "10%", "2GB", "v3", "latest", "a.b:C", "<class>", "models:/a/1", "NO", *FIELDS]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), below, max_size=3)
    ),
    max_leaves=5,
)
PLACE = st.sampled_from(PLACES)
CHANGES = (
    st.tuples(st.just("replace"), PLACE, VALUES)
    | st.tuples(st.just("delete"), PLACE, st.none())
    | st.tuples(st.just("insert"), PLACE, st.tuples(st.sampled_from(FIELDS) | st.text(max_size=12), VALUES))
)
MUTATIONS = st.tuples(st.sampled_from([VALID, OF_OURS]), st.lists(CHANGES, min_size=1, max_size=4))
Mutation = tuple[dict[str, Any], list[tuple[str, tuple[Any, ...], Any]]]


def mutated(mutation: Mutation) -> dict[str, Any]:
    document, changes = copy.deepcopy(mutation[0]), mutation[1]
    for action, path, value in changes:
        change(document, action, path, value)
    return document


def change(document: Any, action: str, path: tuple[Any, ...], value: Any) -> None:  # any YAML value
    """Make one change; a place that an earlier one has removed is left alone."""
    for step in path[:-1]:
        if not has(document, step):
            return
        document = document[step]
    if not has(document, path[-1]):
        return
    if action == "replace":
        document[path[-1]] = value
    elif action == "delete":
        del document[path[-1]]
    elif isinstance(document, dict):
        document[value[0]] = value[1]


def has(document: Any, step: Any) -> bool:  # any YAML value
    if isinstance(document, list):
        return isinstance(step, int) and step < len(document)
    return isinstance(document, dict) and step in document


def outcome(text: str) -> ModelDeployment | SpecError:
    """Parse; hold every answer to its manners."""
    try:
        deployment = parse(text, "churn.yaml")
    except SpecError as error:
        return well_mannered(error)
    assert parse(dump(deployment)) == deployment
    return deployment


def well_mannered(error: SpecError) -> SpecError:
    """It says where, in our words, in a bounded size that any terminal can show."""
    assert "churn.yaml" in error.message
    assert "Input should be" not in str(error)  # pydantic's words
    assert not any(
        tag in str(error.field) for tag in ("<image>", "<format>", "<features>")
    )  # pydantic's path
    assert len(str(error).encode()) < 20_000
    assert error.hint is None or len(error.hint.encode()) < 1_000
    return error


@many(1_500)
@given(MUTATIONS)
def test_mutations_as_json(mutation: Mutation) -> None:
    outcome(json.dumps(mutated(mutation), allow_nan=True))


@many(1_500)
@given(MUTATIONS)
def test_mutations_as_yaml(mutation: Mutation) -> None:
    outcome(yaml.dump(mutated(mutation), Dumper=yaml.CSafeDumper, allow_unicode=True))


LINES = yaml.safe_dump(VALID, sort_keys=False)
CUTS = st.tuples(
    st.integers(0, len(LINES)),
    st.integers(0, 30),
    st.text(max_size=8)
    | st.text("\t\n :-{}[]&*!|>'\"%@`#?<,", max_size=6)
    | st.sampled_from(["&a ", "*a", "<<: ", "---\n"]),
)


@many(3_000)
@given(st.lists(CUTS, min_size=1, max_size=4))
def test_text_cut_and_pasted(cuts: list[tuple[int, int, str]]) -> None:
    text = LINES
    for start, length, inserted in cuts:
        text = text[:start] + inserted + text[start + length :]
    outcome(text)


@many(2_000)
@given(st.binary(max_size=200) | st.tuples(st.integers(0, len(LINES)), st.binary(max_size=8)))
def test_random_bytes(noise: bytes | tuple[int, bytes]) -> None:
    whole = LINES.encode()
    content = noise if isinstance(noise, bytes) else whole[: noise[0]] + noise[1] + whole[noise[0] :]
    try:
        text = decoded(content, "churn.yaml")
    except SpecError as error:
        assert "UTF-8" in error.message  # noqa: PT017 - either outcome is right
        return
    outcome(text)


@many(3_000)
@given(st.text("abk:-\n \t{}[],&*!|>'\"%@`#?<~0.1", max_size=60) | st.text(max_size=60))
def test_random_text(text: str) -> None:
    assert isinstance(outcome(text), SpecError)
