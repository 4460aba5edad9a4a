import math
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.datatypes import Tensor, to_array
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.inputs.signature import (
    AsIs,
    BadSignature,
    Column,
    Columns,
    Signature,
    Tensors,
    TensorSpec,
    parse_inputs,
)

pytestmark = pytest.mark.quick

TYPES = ["integer", "long", "float", "double", "boolean", "string", "binary", "datetime", "any"]
DTYPES = {
    "integer": "int32",
    "long": "int64",
    "float": "float32",
    "double": "float64",
    "boolean": "bool",
    "string": "object",
    "binary": "object",
    "datetime": "datetime64[ns]",
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def from_rows(rows: Sequence[Any], signature: Signature | None) -> Any:
    given = Reader(signature).v1({"instances": rows})
    assert given is not None
    assert given.count == len(rows)
    return framed(given.data)


def from_tensors(inputs: Sequence[Tensor], signature: Signature | None) -> Any:
    given = Reader(signature).v2(inputs, {})
    return None if given is None else framed(given.data)


def framed(data: object) -> Any:
    return frame(data) if isinstance(data, Table) else data


def one(kind: str) -> Columns:
    return Columns((Column("x", kind),))


def test_each_complaint_has_its_reason_for_the_metrics() -> None:
    signature = Columns((Column("a", "long"), Column("b", "double")))
    bodies: dict[str, Any] = {
        "body": {},
        "row": {"instances": [[1]]},
        "column": {"instances": [{"a": 1}]},
        "value": {"instances": [[1, "x"]]},
        "params": {"instances": [], "params": {"x": 1}},
    }
    for reason, body in bodies.items():
        with pytest.raises(BadInput) as caught:
            Reader(signature).v1(body)
        assert caught.value.reason == reason
    with pytest.raises(BadInput) as caught:
        Reader(signature).v2([Tensor("a", (2,), "INT64", [1])], {})
    assert caught.value.reason == "tensor"


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("kind", ["long", "string", "any", None, "tensor"])
@pytest.mark.parametrize(
    "value", [nested(5000), 10**5000, {"a": nested(5000)}], ids=["nested", "huge", "nested-in-object"]
)
def test_values_beyond_all_reason_are_refused_or_left_alone(kind: str | None, value: object) -> None:
    signature: Signature | None = (
        Tensors((TensorSpec(None, "float32", (-1, 2)),)) if kind == "tensor" else None
    )
    if kind not in (None, "tensor"):
        signature = one(str(kind))
    with suppress(BadInput):
        from_rows([value], signature)
    with suppress(BadInput):
        from_rows([[value]], signature)
    with suppress(BadInput):
        from_tensors([Tensor("x", (1,), "FP32", [value])], signature)


@pytest.mark.parametrize("shape", [(0, 10**30), (1,) * 100, (2**40, 2**40), (-1,), ()])
def test_no_shape_is_too_odd_to_be_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInput):
        from_tensors([Tensor("x", shape, "FP64", [1.0] if 0 not in shape else [])], None)


def test_rows_without_columns_are_refused_and_not_dropped() -> None:
    with pytest.raises(BadInput, match="row 0 has no columns"):
        from_rows([{}, {}], None)


@given(json_values, st.sampled_from([*TYPES, None, "tensor", "as-is"]))
def test_any_json_is_taken_or_refused_and_never_anything_else(body: object, kind: str) -> None:
    signature = {
        None: None,
        "tensor": Tensors((TensorSpec(None, "float32", (-1, 2)),)),
        "as-is": AsIs(),
    }.get(kind, one(kind or ""))
    try:
        given = Reader(signature).v1(body if isinstance(body, dict) else {"instances": body})
        if given is not None:
            assert len(framed(given.data)) == given.count
    except BadInput as error:
        assert str(error)  # noqa: PT017 either outcome is right


@given(st.sampled_from(sorted(DTYPES)), st.lists(json_values, min_size=1, max_size=4))
def test_a_column_has_the_signatures_dtype_or_the_complaint_names_column_and_row(
    kind: str, values: list[object]
) -> None:
    try:
        frame = from_rows([{"x": value} for value in values], one(kind))
    except BadInput as error:
        assert str(error).startswith('column "x", row ')  # noqa: PT017 either outcome is right
    else:
        assert isinstance(frame, pd.DataFrame)
        assert str(frame["x"].dtype) == DTYPES[kind]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_every_64_bit_integer_arrives_unchanged(values: list[int]) -> None:
    frame = from_rows([[value] for value in values], one("long"))
    assert isinstance(frame, pd.DataFrame)
    assert frame["x"].tolist() == values


@given(st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 MLflow's times have no zone
def test_every_iso_time_arrives_unchanged(moment: datetime) -> None:
    frame = from_rows([{"x": moment.isoformat()}], one("datetime"))
    assert isinstance(frame, pd.DataFrame)
    assert frame["x"].iloc[0].to_pydatetime() == moment


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        ("long", 2**63, "not between -9223372036854775808 and 9223372036854775807"),
        ("long", 1e300, "not between -9223372036854775808 and 9223372036854775807"),
        ("integer", 2**31, "not between -2147483648 and 2147483647"),
        ("long", math.nan, "an integer column has no missing value"),
        ("boolean", None, "a boolean column has no missing value"),
        ("float", 1e39, "too large"),
        ("double", 10**400, "too large"),
        ("double", True, "a number is expected"),
        ("binary", "not base64!", "base64 text is expected"),
        ("datetime", "yesterday", "an ISO 8601 time between 1678 and 2261 is expected"),
        ("datetime", "0001-01-01", "an ISO 8601 time between 1678 and 2261 is expected"),
    ],
)
def test_a_value_outside_its_type_is_refused(kind: str, value: object, error: str) -> None:
    with pytest.raises(BadInput, match=f'^column "x", row 1: .* is not {kind}: {error}'):
        from_rows([{"x": GOOD[kind]}, {"x": value}], one(kind))


GOOD = {
    "integer": 1,
    "long": 1,
    "boolean": True,
    "float": 1,
    "double": 1,
    "binary": "YQ==",
    "datetime": "2024-01-01",
}


def test_a_time_with_a_zone_becomes_utc() -> None:
    frame = from_rows(["2024-01-01T02:00:00+02:00"], one("datetime"))
    assert isinstance(frame, pd.DataFrame)
    assert frame["x"].iloc[0] == pd.Timestamp("2024-01-01")


def test_null_is_the_missing_value_of_its_type() -> None:
    signature = Columns((Column("d", "double"), Column("s", "string"), Column("t", "datetime")))
    frame = from_rows([[None, None, None]], signature)
    assert isinstance(frame, pd.DataFrame)
    assert math.isnan(frame["d"].iloc[0])
    assert frame["s"].iloc[0] is None
    assert frame["t"].iloc[0] is pd.NaT


ABSENT = {  # what a column of each type holds where it is absent
    "integer": ("float64", [1.0, None]),
    "long": ("float64", [1.0, None]),
    "float": ("float32", [1.0, None]),
    "double": ("float64", [1.0, None]),
    "boolean": ("object", [True, None]),
    "string": ("object", ["x", None]),
    "binary": ("object", [b"x", None]),
    "datetime": ("datetime64[ns]", [pd.Timestamp("2024-01-01"), None]),
}


@pytest.mark.parametrize("kind", sorted(ABSENT))
def test_an_optional_column_that_is_absent_is_the_missing_value_of_a_fitting_dtype(kind: str) -> None:
    signature = Columns((Column("a", "long"), Column("b", kind, required=False)))
    value = {**GOOD, "string": "x", "binary": "eA=="}[kind]
    rows = from_rows([{"a": 1, "b": value}, {"a": 2}], signature)
    dtype, expected = ABSENT[kind]
    assert str(rows["b"].dtype) == dtype
    assert [None if pd.isna(item) else item for item in rows["b"]] == expected
    tensor = from_tensors([Tensor("a", (2,), "INT64", [1, 2])], signature)
    assert tensor["b"].isna().tolist() == [True, True]


def test_null_in_an_optional_integer_is_refused_as_in_any_other() -> None:
    with pytest.raises(BadInput, match="an integer column has no missing value"):
        from_rows([{"b": None}], Columns((Column("b", "long", required=False),)))


def test_columns_that_are_not_known_are_counted() -> None:
    signature = Columns((Column("a", "long"), Column("b", "double", required=False)))
    rows = Reader(signature).v1({"instances": [{"a": 1, "c": 1, "d": 1}, {"a": 1, "b": 2, "c": 1}]})
    tensors = Reader(signature).v2([Tensor(name, (2,), "INT64", [1, 2]) for name in "acd"], {})
    assert rows is not None
    assert tensors is not None
    assert (rows.extra, tensors.extra) == (3, 4)


def test_without_a_signature_objects_are_a_frame_and_lists_an_array() -> None:
    frame = from_rows([{"a": 1, "b": "x"}, {"b": "y", "a": None}], None)
    array = from_rows([[1, 2], [3, None]], None)
    mixed = from_rows([["a", 1]], None)
    assert isinstance(frame, pd.DataFrame)
    assert isinstance(array, np.ndarray)
    assert isinstance(mixed, np.ndarray)
    assert str(frame["a"].dtype) == "float64"
    assert (str(array.dtype), array.shape) == ("float64", (2, 2))
    assert mixed.tolist() == [["a", 1]]  # the number stays a number


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([{"a": 1}, {"b": 1}], 'row 1 has other columns than row 0: "a", "b"'),
        ([[1, 2], [3]], "the rows have different lengths"),
        ([[1], 2], 'all rows of "instances" must be of one kind'),
        ([[{"a": 1}]], "the rows have different lengths or shapes"),
    ],
)
def test_without_a_signature_rows_have_to_agree(rows: list[object], error: str) -> None:
    with pytest.raises(BadInput, match=error):
        from_rows(rows, None)


FLOATS = Tensors((TensorSpec(None, "float32", (-1, 2)),))


@pytest.mark.parametrize(
    ("signature", "rows", "error"),
    [
        (FLOATS, [[1, 2, 3]], r"the tensor has shape \[1, 3\]; expected \[-1, 2\]"),
        (FLOATS, [["a", "b"]], "is not double: a number is expected"),
        (FLOATS, [[1e39, 0]], "a value does not fit into float32"),
        (Tensors((TensorSpec(None, "int8", (-1,)),)), [300], "a value does not fit into int8"),
        (Tensors((TensorSpec("a", "int64", (-1,)),)), [{"b": 1}], 'row 0: missing "a"'),
    ],
)
def test_a_tensor_of_another_shape_or_range_is_refused(
    signature: Tensors, rows: list[object], error: str
) -> None:
    with pytest.raises(BadInput, match=error):
        from_rows(rows, signature)


datatypes = st.sampled_from(["BOOL", "INT8", "INT64", "UINT64", "FP16", "FP32", "FP64", "BYTES"])


@given(
    datatypes,
    st.lists(st.integers(-1, 3), max_size=3),
    st.lists(json_values, max_size=4),
    st.sampled_from([None, *TYPES]),
)
def test_any_v2_tensor_is_taken_or_refused_and_never_anything_else(
    datatype: str, shape: list[int], data: list[object], kind: str | None
) -> None:
    signature = None if kind is None else one(kind)
    try:
        from_tensors([Tensor("x", tuple(shape), datatype, data)], signature)
    except BadInput as error:
        assert str(error)  # noqa: PT017 either outcome is right


def test_flat_and_nested_data_are_the_same_tensor() -> None:
    flat = to_array(Tensor("x", (2, 2), "FP32", [1, 2, 3, 4]))
    nested = to_array(Tensor("x", (2, 2), "FP32", [[1, 2], [3, 4]]))
    assert flat.tolist() == nested.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_one_matrix_and_one_tensor_a_column_are_the_same_table() -> None:
    signature = Columns((Column("a", "long"), Column("b", "double")))
    matrix = from_tensors([Tensor("input", (2, 2), "FP64", [1, 2.5, 3, 4])], signature)
    columns = from_tensors(
        [Tensor("b", (2,), "FP32", [2.5, 4]), Tensor("a", (2, 1), "INT8", [[1], [3]])], signature
    )
    assert isinstance(matrix, pd.DataFrame)
    assert isinstance(columns, pd.DataFrame)
    pd.testing.assert_frame_equal(matrix, columns)


def test_no_rows_are_no_request_of_the_model() -> None:
    assert from_tensors([Tensor("x", (0, 2), "FP64", [])], FLOATS) is None


@pytest.mark.parametrize("text", ["", "[", "{}", "[1]", '[{"name": "a"}]', '[{"type": "tensor"}]'])
def test_a_signature_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadSignature):
        parse_inputs(text)
