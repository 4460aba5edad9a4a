from typing import Any

import pytest

from platformctl_predictors.exits import Exit
from platformctl_predictors.inputs.signature import AsIs, Column, Columns, Signature, Tensors, TensorSpec
from platformctl_predictors.serving.transforming import check, make
from platformctl_predictors.settings import Features

pytestmark = pytest.mark.quick

SHOP = Columns(
    (
        Column("age", "long"),
        Column("income", "double"),
        Column("plan", "string"),
        Column("since", "datetime", required=False),
        Column("raw", "binary", required=False),
        Column("small", "integer", required=False),
    )
)


def refused(signature: Signature | None, **rules: Any) -> Exit:
    with pytest.raises(Exit) as caught:
        make(Features(**rules), "churn", signature)
    assert caught.value.code == 64
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("rules", "cause"),
    [
        (
            {"rename": {"a": "age", "b": "age"}},
            'transformer.features.rename.b: "a" and "b" both become "age"',
        ),
        ({"select": []}, "transformer.features.select: no column goes on"),
        ({"select": ["age", "age"]}, 'transformer.features.select: "age" is named twice'),
        (
            {"default": {"age": "x"}, "cast": {"age": "long"}},
            "transformer.features.default.age: 'x' is not long: a whole number",
        ),
        (
            {"select": ["age"], "rename": {"age": "years"}},
            'transformer.features.rename: no column "years" goes to the model; it takes "age"',
        ),
    ],
)
def test_what_no_predictor_could_work_with_needs_none(rules: dict[str, Any], cause: str) -> None:
    with pytest.raises(Exit) as caught:
        check(Features(**rules))
    assert caught.value.code == 64
    assert caught.value.cause.startswith(cause)


@pytest.mark.parametrize(
    ("rules", "cause"),
    [
        (
            {"select": ["age", "plan"]},
            'transformer.features.select: the model needs "income", which would not go on',
        ),
        ({"select": ["age", "income", "plan", "agee"]}, 'select: no column "agee" goes to the model'),
        ({"rename": {"AGE": "agee"}}, 'rename: no column "agee" goes to the model; it takes "age", "income"'),
        ({"cast": {"agee": "long"}}, 'cast: no column "agee" goes'),
        ({"default": {"agee": 1}}, 'default: no column "agee" goes'),
        ({"rename": {"age": "small"}}, 'rename: nothing becomes "age": the caller\'s "age" is renamed to'),
        ({"cast": {"age": "double"}}, "cast.age: the model takes long, not double"),
        ({"cast": {"small": "long"}}, "cast.small: the model takes integer, not long"),
        ({"cast": {"plan": "long"}}, "cast.plan: the model takes string, not long"),
        ({"cast": {"income": "string"}}, "cast.income: the model takes double, not string"),
        ({"cast": {"raw": "string"}}, "cast.raw: the model takes binary, not string"),
        ({"default": {"age": 1.5}}, "default.age: the model takes long, not 1.5"),
        ({"default": {"age": True}}, "default.age: the model takes long, not True"),
        ({"default": {"age": "1"}}, "default.age: the model takes long, not '1'"),
        ({"default": {"small": 2**31}}, "default.small: the model takes integer, not 2147483648"),
        ({"default": {"plan": 1}}, "default.plan: the model takes string, not 1"),
        ({"default": {"since": "soon"}}, "default.since: the model takes datetime, not 'soon'"),
    ],
)
def test_what_this_predictor_could_never_take_names_the_field(rules: dict[str, Any], cause: str) -> None:
    assert cause in refused(SHOP, **rules).cause


def test_a_slip_is_answered_with_the_nearest_name() -> None:
    assert refused(SHOP, cast={"agee": "long"}).hint == 'did you mean "age"?'


@pytest.mark.parametrize(
    ("column", "cast"),
    [("age", "integer"), ("income", "integer"), ("income", "long"), ("income", "float"), ("plan", "string")],
)
def test_a_cast_to_a_narrower_type_fits(column: str, cast: Any) -> None:
    assert make(Features(cast={column: cast}), "churn", SHOP).ready


def test_optional_columns_may_be_left_out() -> None:
    made = make(Features(select=("plan", "age", "income")), "churn", SHOP)
    assert [column.name for column in made.expected or ()] == ["plan", "age", "income"]
    moved = make(Features(rename={"small": "age"}, default={"small": 1}), "churn", SHOP)
    assert [column.name for column in moved.expected or ()][:2] == ["small", "income"]


def test_a_model_without_names_needs_all_of_them() -> None:
    table = Tensors((TensorSpec(None, "float64", (-1, 2)),))
    assert "knows its 2 columns by their order only" in refused(table).cause
    assert "3 columns go on, and the model takes 2" in refused(table, select=("a", "b", "c")).cause
    assert (
        "the model takes double, not string" in refused(table, select=("a", "b"), cast={"a": "string"}).cause
    )
    assert make(Features(select=("a", "b")), "churn", table).ready
    image = Tensors((TensorSpec("pixels", "uint8", (-1, 28, 28)),))
    assert "the model takes tensors (pixels of shape [-1, 28, 28])" in refused(image, select=("a",)).cause


@pytest.mark.parametrize("signature", [None, AsIs()])
def test_a_model_that_does_not_say_what_it_takes_is_believed(signature: Signature | None) -> None:
    assert make(Features(cast={"anything": "long"}), "churn", signature).expected is None
