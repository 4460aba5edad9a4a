import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platformctl.adapters.spec_files import parse, yaml_tree
from platformctl.adapters.spec_files.scalars import resolve
from platformctl.domain.errors import SpecError

pytestmark = pytest.mark.quick

BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "there is nothing in it", None),
        ("# only a comment\n", "there is nothing in it", None),
        ("- churn\n", "not a ModelDeployment but a list", None),
        ("churn\n", "not a ModelDeployment but 'churn'", None),
        ("---\n", "not a ModelDeployment but nothing", None),
        ("metadata: {name: a}\n---\nmetadata: {name: b}\n", "a second document starts here", 2),
        ("metadata:\n  name: a\n  name: b\n", "metadata.name: given twice, first on line 2", 3),
        ("spec: {}\nmetadata: {name: a}\n'spec': {}\n", "spec: given twice, first on line 1", 3),
        ("metadata:\n  name: !!str a\n", "metadata.name: the tag !!str is not used here", 2),
        ("a: !!python/object/apply:os.system [ls]\n", "a: the tag !!python/object/apply:os.system", 1),
        ("metadata: {name: a}\nspec:\n  <<: {canary: 1}\n", "spec: merge keys (<<) are not used here", 3),
        ("a: &a\n  b: *a\n", "a.b: *a stands for nothing that ends before it", 2),
        ("a: *b\n", "a: *b stands for nothing", 1),
        ("[a]: b\n", "a key is a plain word", 1),
        ("metadata:\n\tname: a\n", "not YAML: found character that cannot start any token", 2),
        ("metadata:\n  name: a: b\n", "not YAML: mapping values are not allowed", 2),
        ("metadata: [\n", "not YAML: ", 2),
        ("a: 1\nb: \x07\n", "the character U+0007 is not allowed", 2),
        ("a: \ud800\n", "half of a surrogate pair", None),
        ("a: " + "[" * 5_000, "nested more than 32 deep", 1),
        ("a: " + "{a: " * 5_000, "nested more than 32 deep", 1),
        (BOMB, "more than 10000 values, anchors expanded", 5),
        ("%YAML 9.9\n---\na: 1\n", "not YAML: found incompatible YAML document", 1),
        ("a: 1\n" * 100_000, "more than 256 KiB", None),
    ],
)
def test_refused(text: str, message: str, line: int | None) -> None:
    with pytest.raises(SpecError) as caught:
        parse(text, "churn.yaml")
    assert message in str(caught.value)
    assert "churn.yaml" in caught.value.message
    assert (f"churn.yaml, line {line}" in caught.value.message) is (line is not None)


def test_a_tab_is_named() -> None:
    with pytest.raises(SpecError) as caught:
        parse("metadata:\n\tname: a\n")
    assert "is there a tab?" in str(caught.value.hint)


def test_anchors_are_expanded() -> None:
    spec = parse(
        "metadata: {name: a}\nspec:\n  model: {alias: &best champion}\n  promotion: {alias: *best}\n"
    ).spec
    assert spec.promotion.alias == "champion"


def test_one_document_may_have_its_marks_and_a_byte_order_mark() -> None:
    assert parse("\ufeff---\nmetadata: {name: a}\n...\n").name == "a"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("0755", 755),
        ("1_000", "1_000"),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("True", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("٣", "٣"),
        ("9" * 41, "9" * 41),
    ],
)
def test_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


def test_numbers_that_are_none() -> None:
    assert resolve("-.inf") == float("-inf")
    assert str(resolve(".nan")) == "nan"


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=20), below, max_size=4),
    max_leaves=10,
)


@settings(max_examples=500, deadline=None)
@given(JSON_VALUES, st.sampled_from([None, 2, "\t"]))
def test_json_is_read_as_json(value: object, indent: int | str | None) -> None:
    document = {"a": value}
    assert yaml_tree.load(json.dumps(document, indent=indent), "a.json").value == document
