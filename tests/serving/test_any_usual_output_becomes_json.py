import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from platformctl_predictors.outputs.answers import Unserializable, jsonable, outputs, predictions

pytestmark = pytest.mark.quick


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int8(-3), -3),
        (np.bool_(True), True),  # noqa: FBT003 numpy's own True is the point
        (np.datetime64("2024-05-06"), "2024-05-06"),
        (np.datetime64("NaT", "ns"), None),
        (np.timedelta64(1500, "ms"), 1.5),
        (np.str_("a"), "a"),
        (pd.Timestamp("2024-05-06T07:00", tz="UTC"), "2024-05-06T07:00:00+00:00"),
        (pd.NaT, None),
        (pd.NA, None),
        (pd.Series([1, 2]), [1, 2]),
        (pd.Index(["a"]), ["a"]),
        (pd.DataFrame({"a": [1, None]}), [{"a": 1.0}, {"a": None}]),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
        (pd.Series([1, None], dtype="Int64"), [1, None]),
        (pd.Series([pd.Timestamp("2024-05-06"), None]), ["2024-05-06T00:00:00.000000000", None]),
        (datetime(2024, 5, 6, tzinfo=UTC), "2024-05-06T00:00:00+00:00"),
        (date(2024, 5, 6), "2024-05-06"),
        (timedelta(seconds=90), 90.0),
        (Decimal("1.5"), 1.5),
        (Colour.RED, "red"),
        (b"\xff", "/w=="),
        ("\ud800", "?"),
        (math.inf, None),
        ({1: np.float64(2)}, {"1": 2.0}),
        ([np.array([[1, 2]]), (3,)], [[[1, 2]], [3]]),
    ],
)
def test_each_kind_has_its_json(value: object, expected: object) -> None:
    assert jsonable(value) == expected
    assert orjson.loads(orjson.dumps(jsonable(value))) == expected


shapes = nps.array_shapes(max_dims=3, max_side=3)
things = st.none() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.decimals()
kinds = st.sampled_from(["int8", "uint64", "float16", "float64", "bool", "datetime64[ns]", "U3"])
arrays = nps.arrays(kinds, shapes) | nps.arrays("O", shapes, elements=things, fill=st.none())


@given(arrays)
def test_every_array_becomes_valid_json_of_its_shape(array: np.ndarray) -> None:
    written = orjson.loads(orjson.dumps(jsonable(array)))
    assert np.array(written, dtype=object).shape == array.shape
    json.dumps(written, allow_nan=False)


@given(arrays)
def test_every_array_becomes_a_tensor_of_its_shape(array: np.ndarray) -> None:
    (output,) = outputs(array, ())
    assert (output.name, output.data.shape) == ("predict", array.shape)
    assert (output.data.dtype == object) == (output.datatype == "BYTES")


@given(nps.arrays("float64", nps.array_shapes(max_dims=2)))
def test_floats_keep_their_value_and_the_rest_is_null(array: np.ndarray) -> None:
    flat = np.array(jsonable(array), dtype=object).ravel()
    for before, after in zip(array.ravel(), flat, strict=True):
        assert after == before if math.isfinite(before) else after is None


@pytest.mark.parametrize("value", [object(), 2**64, [{"a": object()}], {"a": print}])
def test_what_has_no_json_is_said(value: object) -> None:
    with pytest.raises(Unserializable, match="the model returned"):
        jsonable(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.array([[0.25, 0.75]]), [[0.25, 0.75]]),
        (
            {"label": np.array([1, 0]), "score": [0.5, math.nan]},
            [
                {"label": 1, "score": 0.5},
                {"label": 0, "score": None},
            ],
        ),
        ({"label": [1, 0], "score": [0.5]}, [{"label": [1, 0], "score": [0.5]}]),
        ("one text", ["one text"]),
        (3.5, [3.5]),
    ],
)
def test_predictions_are_a_list_with_one_item_a_row(value: object, expected: object) -> None:
    assert predictions(value) == expected


@pytest.mark.parametrize(
    ("value", "datatypes"),
    [
        (np.array([1, 2], dtype="int32"), ["INT32"]),
        (np.array([1, 2], dtype="float16"), ["FP32"]),
        (["a", "b"], ["BYTES"]),
        ([1, None], ["FP64"]),
        ([{"a": 1}], ["BYTES"]),
        ([[1], [1, 2]], ["BYTES"]),
        (pd.DataFrame({"a": [1], "b": ["x"]}), ["INT64", "BYTES"]),
        ({"a": [1.0], "b": [True]}, ["FP64", "BOOL"]),
        (7, ["FP64"]),
    ],
)
def test_each_output_has_its_v2_datatype(value: object, datatypes: list[str]) -> None:
    assert [output.datatype for output in outputs(value, ())] == datatypes
