from typing import Any

import kserve
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kserve.errors import InvalidInput

from platformctl_transformers import Expected
from tests.transformers.columns import rows, transformer

pytestmark = pytest.mark.quick

RULES: dict[str, Any] = {
    "rename": {"AGE": "age", "tarif": "plan"},
    "default": {"plan": "basic", "income": 0.5},
    "cast": {"age": "long", "note": "string"},
}


def tensor(name: str, datatype: str, data: Any, shape: list[int] | None = None) -> Any:
    return kserve.InferInput(name, shape or [len(data)], datatype, data=data)


def request(*inputs: Any) -> Any:
    return kserve.InferRequest("churn", list(inputs), request_id="7", parameters={"top": 1})


def made(model: Any, *inputs: Any) -> dict[str, tuple[str, list[int], Any]]:
    result = model.preprocess(request(*inputs))
    assert (result.id, result.parameters) == ("7", {"top": 1})
    return {each.name: (each.datatype, each.shape, each.data) for each in result.inputs}


def test_each_column_is_a_tensor_of_its_type() -> None:
    given_ages = tensor("AGE", "BYTES", ["41", "12"], [2, 1])
    notes = tensor("note", "FP64", [[1.5], [2.5]], [2, 1])
    unknown = tensor("unknown", "FP64", [1.0, 2.0])
    assert made(transformer(**RULES), given_ages, notes, unknown) == {
        "age": ("INT64", [2], [41, 12]),
        "income": ("FP64", [2], [0.5, 0.5]),
        "plan": ("BYTES", [2], ["basic", "basic"]),
        "note": ("BYTES", [2], ["1.5", "2.5"]),
    }


def test_nan_is_a_tensors_null() -> None:
    incomes = tensor("income", "FP64", [1.0, float("nan")])
    assert made(transformer(**RULES), tensor("AGE", "INT64", [1, 2]), incomes)["income"][2] == [1.0, 0.5]


def test_raw_tensors_are_read_too_and_go_on_as_they_are_where_nothing_is_done() -> None:
    ages, plans = tensor("AGE", "BYTES", None, [2]), tensor("x", "FP32", None, [2])
    ages.set_data_from_numpy(np.array([b"41", b"12"], dtype=object))
    plans.set_data_from_numpy(np.array([1.5, 2.5], dtype=np.float32))
    model = transformer(
        [Expected("age", "long"), Expected("y", "float")],
        rename={"AGE": "age", "x": "y"},
        cast={"age": "long"},
    )
    age, y = model.preprocess(request(ages, plans)).inputs
    assert (age.data, y.name, y.data) == ([41, 12], "y", None)
    assert y.as_numpy().tolist() == [1.5, 2.5]


def test_columns_without_names_become_one_tensor() -> None:
    model = transformer([Expected(None, "double")] * 2, select=["x", "y"])
    assert made(model, tensor("y", "INT32", [3, 4]), tensor("x", "FP64", [1.5, 2.5])) == {
        "input": ("FP64", [2, 2], [1.5, 3, 2.5, 4])
    }


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], '"inputs" is empty'),
        ([tensor("income", "FP64", [1.0])], 'missing input "AGE"; it is long'),
        (
            [tensor("unknown", "FP64", [1.0])],
            'missing input "AGE"; the transformer takes one tensor a column',
        ),
        ([tensor("AGE", "FP64", [1.0, 2.0], [1, 2])], r'input "AGE" has shape \[1, 2\]; a column is'),
        ([tensor("AGE", "FP64", [1.0, 2.0], [1])], r'input "AGE": 2 values, but shape \[1\]'),
        ([tensor("AGE", "INT64", [1]), tensor("tarif", "BYTES", ["a", "b"])], "different numbers of rows"),
        ([tensor("AGE", "BYTES", ["1", "12.5"])], "column \"AGE\", row 1: '12.5' is not long"),
        ([tensor("AGE", "BYTES", [b"\xff"])], 'input "AGE": a value is not UTF-8'),
        ([tensor("AGE", "INT64", None, [1])], 'input "AGE" has no data'),
    ],
)
def test_a_tensor_that_does_not_fit_is_refused(inputs: list[Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        transformer(**RULES).preprocess(request(*inputs))


CELLS = {"AGE": st.sampled_from(["1", "22", "x"]), "tarif": st.text(max_size=2), "income": st.floats(-3, 3)}


@given(st.lists(st.fixed_dictionaries(CELLS), min_size=1, max_size=4))
def test_tensors_and_rows_say_the_same(given_rows: list[dict[str, Any]]) -> None:
    model = transformer(**RULES)
    kinds = {"AGE": "BYTES", "tarif": "BYTES", "income": "FP64"}
    inputs = [tensor(name, kind, [row[name] for row in given_rows]) for name, kind in kinds.items()]
    if any(row["AGE"] == "x" for row in given_rows):
        with pytest.raises(InvalidInput) as by_row:
            rows(model, *given_rows)
        with pytest.raises(InvalidInput) as by_tensor:
            made(model, *inputs)
        assert str(by_tensor.value) == str(by_row.value)
        return
    columns = {name: data for name, (_, _, data) in made(model, *inputs).items()}
    tensors = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    assert tensors == rows(model, *given_rows)
