"""What callers of one version send and get, compared with another's: what breaks them, what does not."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.domain.components import Image
from platformctl.domain.errors import SpecError
from platformctl.domain.features import Features
from platformctl.domain.revision import ByFormat, Code, Revision
from platformctl.domain.signatures import (
    BadSignature,
    Castable,
    Column,
    Columns,
    Kind,
    Listed,
    Mapped,
    Object,
    Param,
    Scalar,
    SignatureText,
    Tensor,
    Tensors,
    parse,
)
from platformctl.plan.contracts import Comparison, Face, check_allowed, compare, faces
from platformctl.plan.contracts.kinds import takes, takes_dtype
from tests.fakes import columns
from tests.fakes.values import revision

pytestmark = pytest.mark.quick

Specs = list[dict[str, object]]

SCALARS = ("boolean", "integer", "long", "float", "double", "string", "binary", "datetime", "any")
DTYPES = [*(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)), "bool", "object"]
DTYPES += ["float16", "float32", "float64", "str", "datetime64[ns]"]
KINDS: st.SearchStrategy[Kind] = st.recursive(
    st.sampled_from(SCALARS).map(Scalar) | st.sampled_from(["long", "double", "string"]).map(Castable),
    lambda inner: (
        inner.map(Listed)
        | inner.map(Mapped)
        | st.dictionaries(st.sampled_from("ab"), st.tuples(inner, st.booleans()), max_size=2).map(Object)
    ),
    max_leaves=4,
)
NAMES = st.none() | st.text(max_size=2)
TABLES = st.lists(
    st.builds(Column, st.text(max_size=2), KINDS, st.booleans()),
    min_size=1,
    max_size=4,
    unique_by=lambda c: c.name,
).map(lambda each: Columns(tuple(each))) | st.lists(
    st.builds(Tensor, NAMES, st.sampled_from(DTYPES), st.tuples(st.integers(-1, 3))),
    min_size=1,
    max_size=3,
    unique_by=lambda tensor: tensor.name,
).map(lambda each: Tensors(tuple(each)))
PARAMS = st.lists(
    st.builds(Param, st.text(max_size=2), KINDS, st.none() | st.floats(), st.sampled_from([(), (-1,)])),
    max_size=3,
    unique_by=lambda param: param.name,
).map(tuple)
FACES = st.builds(
    Face, st.just("churn v1"), st.none() | TABLES, st.none() | TABLES, st.none() | PARAMS, lists=st.booleans()
)


def text(**parts: Specs) -> SignatureText:
    return SignatureText(**{part: json.dumps(specs) for part, specs in parts.items()})


def face(version: int, update: Mapping[str, object] | None = None, **parts: Specs) -> Face:
    made = revision(version).model_copy(update=update or {})
    return faces.by_signature(made, parse(text(**parts)))


def changed(old: Specs, new: Specs, part: str = "inputs") -> dict[str, bool]:
    """What has changed, by field: whether it breaks."""
    compared = compare(face(1, None, **{part: old}), face(2, None, **{part: new}))
    breaking = {change.field for change in compared.breaking}
    return {change.field: change.field in breaking for change in compared.changes}


def tensor(dtype: str, *shape: int, name: str | None = None) -> dict[str, object]:
    named = {} if name is None else {"name": name}
    return {**named, "type": "tensor", "tensor-spec": {"dtype": dtype, "shape": list(shape)}}


def param(kind: str, default: object = 1, *, shape: list[int] | None = None) -> dict[str, object]:
    return {"name": "threshold", "type": kind, "dtype": kind, "default": default, "shape": shape}


AGE = columns(age="long")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (AGE, AGE, {}),
        (columns(age="long", plan="string"), AGE, {"inputs.plan": True}),
        (columns(age="long", plan="string?"), AGE, {"inputs.plan": True}),
        (AGE, columns(age="long", plan="string"), {"inputs.plan": True}),
        (AGE, columns(age="long", plan="string?"), {"inputs.plan": False}),
        (columns(age="long?"), AGE, {"inputs.age": True}),
        (AGE, columns(age="long?"), {"inputs.age": False}),
        (columns(age="integer"), AGE, {"inputs.age": False}),
        (AGE, columns(age="double"), {"inputs.age": False}),
        (AGE, columns(age="integer"), {"inputs.age": True}),
        (columns(age="double"), AGE, {"inputs.age": True}),
        (AGE, columns(age="float"), {"inputs.age": True}),
        (AGE, columns(age="string"), {"inputs.age": True}),
        (AGE, columns(age="any"), {"inputs.age": False}),
        (columns(age="any"), AGE, {"inputs.age": True}),
        (columns(a="long", b="long"), columns(b="long", a="long"), {"inputs": True}),
        ([{"type": "long"}, {"type": "long"}], [{"type": "long"}], {"inputs": True}),
        ([{"type": "long"}], [{"type": "string"}], {"inputs.0": True}),
        (AGE, [{"type": "long"}], {"inputs": True}),
        ([{"type": "long"}], AGE, {}),
        (AGE, [tensor("int64", -1, 1)], {"inputs": True}),
        ([tensor("int64", -1, 1)], AGE, {"inputs": True}),
        ([tensor("float64", -1, 4)], [tensor("float64", -1, 5)], {"inputs": True}),
        ([tensor("float64", -1, 4)], [tensor("float64", -1, -1)], {"inputs": False}),
        ([tensor("float64", -1, -1)], [tensor("float64", -1, 4)], {"inputs": True}),
        ([tensor("float64", -1, 4)], [tensor("float64", -1, 4, 1)], {"inputs": True}),
        ([tensor("float32", -1, 4)], [tensor("float64", -1, 4)], {"inputs": False}),
        ([tensor("float64", -1, 4)], [tensor("float32", -1, 4)], {"inputs": True}),
        (
            [tensor("int8", -1, name="a")],
            [tensor("int8", -1, name="b")],
            {"inputs.a": True, "inputs.b": True},
        ),
    ],
)
def test_inputs_break_where_what_was_sent_is_not_taken(
    old: Specs, new: Specs, found: dict[str, bool]
) -> None:
    assert changed(old, new) == found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (AGE, AGE, {}),
        (AGE, columns(age="double"), {"outputs.age": True}),
        (AGE, columns(age="integer"), {"outputs.age": True}),
        (columns(age="any"), AGE, {"outputs.age": False}),
        (columns(a="long", b="long"), columns(b="long", a="long"), {}),
        (columns(a="long", b="long"), columns(a="long", b="long", c="long"), {"outputs.c": False}),
        (columns(a="long", b="long", c="long"), columns(a="long", b="long"), {"outputs.c": True}),
        (AGE, columns(age="long", plan="string"), {"outputs": True}),
        (AGE, columns(label="long"), {"outputs": True}),
        ([{"type": "long"}], [{"type": "string"}], {"outputs": True}),
        ([{"type": "long"}, {"type": "long"}], [{"type": "long"}, {"type": "string"}], {"outputs.1": True}),
        (AGE, columns(age="long?"), {"outputs.age": True}),
        (columns(age="long?"), AGE, {"outputs.age": False}),
        (AGE, [tensor("int64", -1)], {"outputs": True}),
        ([tensor("int64", -1)], [tensor("int64", -1)], {}),
        ([tensor("int64", -1)], [tensor("float64", -1)], {"outputs": True}),
        ([tensor("float64", -1)], [tensor("float64", -1, 2)], {"outputs": True}),
        ([tensor("float64", -1, 2)], [tensor("float64", -1, -1)], {"outputs": True}),
        ([tensor("float64", -1, -1)], [tensor("float64", -1, 2)], {"outputs": False}),
    ],
)
def test_outputs_break_where_they_are_of_another_shape_or_type(
    old: Specs, new: Specs, found: dict[str, bool]
) -> None:
    assert changed(old, new, "outputs") == found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ([param("double")], [], {"params.threshold": True}),
        ([], [param("double")], {"params.threshold": False}),
        ([param("long")], [param("double")], {"params.threshold": False}),
        ([param("double")], [param("long")], {"params.threshold": True}),
        ([param("long")], [param("long", 2)], {"params.threshold": False}),
        ([param("long")], [param("long", [1], shape=[-1])], {"params.threshold": True}),
        ([param("double", float("nan"))], [param("double", float("nan"))], {}),
    ],
)
def test_parameters_break_where_those_that_are_sent_are_refused(
    old: Specs, new: Specs, found: dict[str, bool]
) -> None:
    assert changed(old, new, "params") == found


def nested(kind: dict[str, object]) -> Specs:
    return [{"name": "chat", "required": True, **kind}]


@pytest.mark.parametrize(
    ("old", "new", "breaks"),
    [
        ({"a": "long"}, {"a": "double"}, False),
        ({"a": "double"}, {"a": "long"}, True),
        ({"a": "long"}, {"a": "long", "b": "long"}, True),
        ({"a": "long"}, {"a": "long", "b": "long?"}, False),
        ({"a": "long", "b": "long"}, {"a": "long"}, True),
        ({"a": "long?"}, {"a": "long"}, True),
    ],
)
def test_what_lies_inside_lists_and_objects_is_compared(
    old: dict[str, str], new: dict[str, str], *, breaks: bool
) -> None:
    def inside(properties: dict[str, str]) -> Specs:
        each = {str(column.pop("name")): column for column in columns(**properties)}
        return nested({"type": "array", "items": {"type": "object", "properties": each}})

    assert changed(inside(old), inside(new)) == {"inputs.chat": breaks}


def test_maps_and_lists_are_compared_by_what_they_hold() -> None:
    for outer, inner in (("map", "values"), ("array", "items")):
        old, new = (nested({"type": outer, inner: {"type": kind}}) for kind in ("long", "double"))
        assert changed(old, new) == {"inputs.chat": False}
        assert changed(new, old) == {"inputs.chat": True}
    assert changed(nested({"type": "array", "items": {"type": "long"}}), nested({"type": "long"})) == {
        "inputs.chat": True
    }


def test_a_long_that_becomes_a_double_is_said_to_be_rounded() -> None:
    (change,) = compare(face(1, inputs=AGE), face(2, inputs=columns(age="double"))).changes
    assert "rounded" in change.text
    (change,) = compare(face(1, inputs=columns(age="integer")), face(2, inputs=columns(age="double"))).changes
    assert "rounded" not in change.text


def test_behind_a_transformer_what_callers_send_is_compared() -> None:
    model = columns(age="long", plan="string")
    features = Features(rename={"AGE": "age"}, default={"plan": "basic"}, cast={"age": "long"})
    compared = compare(face(1, {"transformer": features}, inputs=model), face(2, inputs=model))
    assert {change.field: change.breaks for change in compared.changes} == {
        "inputs.AGE": True,  # it was renamed
        "inputs.age": True,
        "inputs.plan": True,  # it had a default
    }


def test_a_transformer_that_takes_more_breaks_nobody() -> None:
    model = columns(age="long", plan="string")
    features = Features(default={"plan": "basic"}, cast={"age": "long"})
    compared = compare(face(1, inputs=model), face(2, {"transformer": features}, inputs=model))
    assert {change.field: change.breaks for change in compared.changes} == {
        "inputs.plan": False,
        "inputs.age": False,
    }
    back = compare(face(1, {"transformer": features}, inputs=model), face(2, inputs=model))
    assert {change.field for change in back.breaking} == {"inputs.plan", "inputs.age"}


def test_a_model_that_changes_behind_the_same_names_breaks_nobody() -> None:
    old, new = columns(age="long"), columns(years="long")
    renamed = face(2, {"transformer": Features(rename={"age": "years"})}, inputs=new)
    assert compare(face(1, inputs=old), renamed).changes == ()


def test_behind_a_transformer_columns_that_are_not_selected_are_not_sent() -> None:
    selects = face(1, {"transformer": Features(select=("age",))}, inputs=columns(age="long", plan="string?"))
    assert compare(selects, face(2, inputs=AGE)).changes == ()


def test_behind_a_transformer_rows_are_no_lists_and_their_order_does_not_matter() -> None:
    transformer = {"transformer": Features(default={"a": 1})}
    old, new = columns(a="long", b="long"), columns(b="long", a="long")
    assert compare(face(1, transformer, inputs=old), face(2, transformer, inputs=new)).changes == ()


def test_a_transformer_before_tensors_leaves_what_is_sent_unknown() -> None:
    old = face(1, {"transformer": Features(rename={"a": "b"})}, inputs=[tensor("int64", -1)])
    assert (
        "what callers send was not compared: churn v1 does not say it"
        in compare(old, face(2, inputs=AGE)).skipped
    )


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("label", "label", {}),
        ("label", "both", {"outputs": False}),
        ("both", "label", {"outputs": True}),
        ("label", "probability", {"outputs": True}),
        (None, "probability", {}),
    ],
)
def test_what_the_spec_says_that_is_answered_goes_before_the_signature(
    old: str | None, new: str | None, found: dict[str, bool]
) -> None:
    each = [{"predictor": ByFormat.model_validate({"output": output})} for output in (old, new)]
    compared = compare(
        face(1, each[0], inputs=AGE, outputs=columns(a="long")),
        face(2, each[1], inputs=AGE, outputs=columns(a="double")),
    )
    assert {change.field: change.breaks for change in compared.changes} == found
    assert any("spec.predictor.output" in said for said in compared.skipped) == (not found)


OWN = Code.model_validate({"class": "mine.model:Mine"})


@pytest.mark.parametrize("part", ["transformer", "predictor"])
@pytest.mark.parametrize("own", [OWN, Image(image="registry.example/mine:1")])
def test_of_code_of_ones_own_nothing_is_known(part: str, own: Code | Image) -> None:
    made: Revision = revision(1).model_copy(update={part: own})
    assert f"is up to its {part}" in (faces.hidden(made) or "")
    assert faces.hidden(revision(1)) is None


def example(*rows: object) -> bytes:
    return json.dumps({"instances": list(rows)}).encode()


@pytest.mark.parametrize(
    ("row", "new", "fields"),
    [
        ({"age": 30}, AGE, set()),
        ({"age": 30.0}, AGE, set()),
        ({"age": 30}, columns(age="double"), set()),
        ({"age": 30.5}, columns(age="float"), set()),
        ({"age": 30.5}, AGE, {"inputs.age"}),
        ({"age": None}, columns(age="double"), set()),
        ({"age": None}, AGE, {"inputs.age"}),
        ({"age": "30"}, AGE, {"inputs.age"}),
        ({"age": "2026-01-02"}, columns(age="datetime"), set()),
        ({"age": True}, columns(age="boolean"), set()),
        ({"age": True}, AGE, {"inputs.age"}),
        ({"age": [1]}, AGE, {"inputs.age"}),
        ({"age": {"a": 1}}, columns(age="any"), set()),
        ({"age": 30}, columns(age="long", plan="string"), {"inputs.plan"}),
        ({"age": 30, "plan": "basic"}, AGE, {"inputs.plan"}),
        ([30], AGE, set()),
        ([30, 4], AGE, {"inputs"}),
        (["basic"], AGE, {"inputs.0"}),
    ],
)
def test_an_example_stands_for_a_signature_that_is_not_there(
    row: object, new: Specs, fields: set[str]
) -> None:
    old = faces.by_example(revision(1), example(row))
    assert old is not None
    compared = compare(old, face(2, inputs=new))
    assert {change.field for change in compared.changes} == fields
    assert compared.skipped == (
        "what callers get was not compared: neither churn v1 nor churn v2 says it",
        "which parameters there are was not compared: churn v1 does not say it",
    )


@pytest.mark.parametrize(
    ("row", "old", "fields"),
    [
        ({"age": 30}, columns(age="double"), set()),
        ({"age": 30}, AGE, set()),
        ({"age": None}, columns(age="string"), set()),
        ({"age": "old"}, AGE, {"inputs.age"}),
        ({"age": 30, "plan": "basic"}, AGE, {"inputs.plan"}),
        ({"age": [1]}, nested({"type": "array", "items": {"type": "long"}, "name": "age"}), set()),
    ],
)
def test_an_example_of_the_new_version_is_what_it_takes(row: object, old: Specs, fields: set[str]) -> None:
    new = faces.by_example(revision(2), example(row))
    assert new is not None
    assert {change.field for change in compare(face(1, inputs=old), new).changes} == fields


def test_a_column_that_some_rows_of_an_example_lack_may_be_absent() -> None:
    old = faces.by_example(revision(1), example({"age": 1}, {"age": 1, "plan": "basic"}))
    assert old is not None
    compared = compare(old, face(2, inputs=columns(age="long", plan="string")))
    assert {change.field for change in compared.changes} == {"inputs.plan"}
    assert compare(old, face(2, inputs=columns(age="long", plan="string?"))).changes == ()


def test_an_example_is_what_the_model_gets_from_its_transformer() -> None:
    made = revision(1).model_copy(update={"transformer": Features(rename={"AGE": "age"})})
    old = faces.by_example(made, example({"age": 1}))
    assert old is not None
    compared = compare(old, face(2, {"transformer": made.transformer}, inputs=AGE))
    assert compared.changes == ()


@pytest.mark.parametrize("text", [b"", b"[1]", b"{}", example(), example(1, {"a": 1}), example([1], [1, 2])])
def test_what_is_no_example_says_nothing(text: bytes) -> None:
    assert faces.by_example(revision(1), text) is None


@pytest.mark.parametrize(
    "inputs",
    [
        *("{", "{}", "[1]", "[" * 100_000, '[{"name": "a"}]', '[{"type": 1}]', '[{"type": "array"}]'),
        *('[{"type": "tensor"}]', '[{"type": "tensor", "tensor-spec": {"dtype": "int8", "shape": 3}}]'),
    ],
)
def test_a_signature_that_nobody_wrote_is_none(inputs: str) -> None:
    with pytest.raises(BadSignature):
        parse(SignatureText(inputs=inputs))


def test_an_older_signature_says_optional() -> None:
    (column,) = parse(SignatureText(inputs='[{"name": "a", "type": "long", "optional": true}]')).inputs.parts  # type: ignore[union-attr]
    assert column == Column("a", Scalar("long"), required=False)


COMPARED = compare(face(1, inputs=columns(age="long", plan="string")), face(2, inputs=AGE))


@pytest.mark.parametrize("field", ["inputs", "outputs", "params", "inputs.age", "inputs.plan"])
def test_a_field_of_either_version_may_be_allowed(field: str) -> None:
    check_allowed([field], COMPARED)


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("inputs.aeg", "did you mean inputs.age?"),
        ("input.plan", "did you mean inputs.plan?"),
        ("age", "a field is inputs, outputs or params, or a name in one of these: inputs.age"),
    ],
)
def test_a_field_of_neither_version_is_refused_with_the_nearest(field: str, hint: str) -> None:
    with pytest.raises(SpecError) as refused:
        check_allowed([field], COMPARED)
    assert (refused.value.field, refused.value.hint) == ("--allow-breaking", hint)


def test_where_nothing_was_compared_any_field_of_a_part_may_be_allowed() -> None:
    check_allowed(["inputs.age"], Comparison())
    with pytest.raises(SpecError, match="neither version has 'age'"):
        check_allowed(["age"], Comparison())


@given(face=FACES)
def test_a_version_never_differs_from_itself(face: Face) -> None:
    assert compare(face, face).changes == ()


@given(old=FACES, new=FACES)
def test_each_change_is_about_a_field_that_may_be_allowed(old: Face, new: Face) -> None:
    compared = compare(old, new)
    check_allowed([change.field for change in compared.changes], compared)


@given(a=KINDS, b=KINDS, c=KINDS)
def test_who_takes_what_another_takes_takes_all_that_it_does(a: Kind, b: Kind, c: Kind) -> None:
    assert takes(a, a)
    if takes(b, a) and takes(c, b):
        assert takes(c, a)


def test_the_same_holds_of_scalars_casts_and_tensors_without_exception() -> None:
    scalars = [Scalar(name) for name in SCALARS]
    casts = [
        Castable(name) for name in ("boolean", "integer", "long", "float", "double", "string", "datetime")
    ]
    kinds: list[Kind] = [*scalars, *casts]
    assert all(takes(c, a) for a in kinds for b in kinds for c in kinds if takes(b, a) and takes(c, b))
    assert all(
        takes_dtype(c, a)
        for a in DTYPES
        for b in DTYPES
        for c in DTYPES
        if takes_dtype(b, a) and takes_dtype(c, b)
    )
