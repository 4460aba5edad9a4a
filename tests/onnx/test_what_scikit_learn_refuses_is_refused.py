"""A graph takes anything: what the model would refuse is refused before the graph is asked."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platformctl_predictors.formats.picking import pick
from platformctl_predictors.inputs.batch import Input
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.settings import FormatPredictor
from tests.onnx.conftest import Made

pytestmark = pytest.mark.quick

ROW = {"age": 40, "income": 30.0, "ratio": 0.5, "active": True, "plan": "pro", "region": "n"}


def answer(folder: Any, rows: list[dict[str, Any]]) -> Any:  # a Result
    loaded = pick(folder, FormatPredictor(kind="onnx"))
    given = Reader(loaded.signature).v1({"instances": rows})
    assert given is not None
    return loaded.compute(given)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"income": None}, 'column "income", row 1: the model takes no missing value there'),
        ({"plan": None}, 'column "plan", row 1: the model takes no missing value there'),
        ({"income": 1e19}, 'column "income", row 1: beyond ±1e+18'),
        ({"income": -1e300}, 'column "income", row 1: beyond ±1e+18'),
    ],
)
def test_the_complaint_names_column_and_row(
    exported: Callable[[str], Made], change: dict[str, Any], complaint: str
) -> None:
    _, folder, _ = exported("refuses")
    with pytest.raises(BadInput) as caught:
        answer(folder, [ROW, {**ROW, **change}])
    assert complaint in str(caught.value)
    assert caught.value.reason == "value"


@pytest.mark.parametrize(("column", "value"), [("plan", "flex"), ("region", "")])
def test_a_category_that_it_does_not_know_is_the_models_failure(
    exported: Callable[[str], Made], column: str, value: str
) -> None:
    _, folder, _ = exported("refuses")
    with pytest.raises(ValueError, match=f'column "{column}", row 1: .* does not know') as caught:
        answer(folder, [ROW, {**ROW, column: value}])
    assert not isinstance(caught.value, BadInput)


def test_what_it_takes_is_taken(exported: Callable[[str], Made]) -> None:
    model, folder, _ = exported("gaps")
    rows = [ROW, {**ROW, "income": None}, {**ROW, "plan": None, "region": "unheard of"}, {**ROW, "plan": ""}]
    loaded = pick(folder, FormatPredictor(kind="onnx", output="both"))
    given = Reader(loaded.signature).v1({"instances": rows})
    assert given is not None
    expected = model.predict_proba(frame(given.data))  # type: ignore[arg-type]  # columns give a table
    np.testing.assert_allclose(np.array(loaded.compute(given).probabilities), expected, atol=1e-9)


def test_arrays_are_held_to_the_same(exported: Callable[[str], Made]) -> None:
    _, folder, _ = exported("array")
    compute = pick(folder, FormatPredictor(kind="onnx")).compute
    assert compute(Input(np.array([[30.0, 0.1]]), 1)).predictions.shape == (1,)
    for wrong, complaint in (
        (np.array([[30.0, math.nan]]), "value 1, row 0: the model takes no missing value there"),
        (np.array([[30.0, 0.1], [math.inf, 0.1]]), "value 0, row 1: beyond"),
        (np.array([30.0, 0.1]), "rows of numbers; the shape is [2]"),
        (np.array([["a", "b"]], dtype=object), "the model takes numbers"),
        (np.array([[30.0, 0.1, 0.2]]), "the model does not take that"),
    ):
        with pytest.raises(BadInput) as caught:
            compute(Input(wrong, len(wrong)))
        assert complaint in str(caught.value)
