import math
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from platformctl_predictors.outputs import protocols
from platformctl_predictors.outputs.answers import jsonable, predictions
from platformctl_predictors.outputs.result import NotByRow, Result, row_by_row

pytestmark = pytest.mark.quick

LABELS = np.array(["no", "yes"], dtype=object)
SCORES = np.array([[0.75, 0.25], [0.5, 0.5]])
THREE = np.array([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]])


def v1(result: Result) -> Any:
    return orjson.loads(orjson.dumps(protocols.v1(result)))


def v2(result: Result, *names: str) -> dict[str, tuple[str, list[int], Any]]:
    outputs = protocols.v2(result, names)
    return {o.name: (o.datatype, list(o.data.shape), o.data.tolist()) for o in outputs}


def test_a_label_or_a_number_is_a_prediction_and_nothing_else() -> None:
    assert v1(Result(LABELS)) == {"predictions": ["no", "yes"]}
    assert v2(Result(LABELS), "churn") == {"churn": ("BYTES", [2], ["no", "yes"])}


def test_probabilities_come_with_their_classes() -> None:
    result = Result(SCORES, None, ["no", "yes"])
    assert v1(result) == {"predictions": SCORES.tolist(), "classes": ["no", "yes"]}
    assert v2(result) == {
        "predict": ("FP64", [2, 2], SCORES.tolist()),
        "classes": ("BYTES", [2], ["no", "yes"]),
    }


def test_both_are_labels_probabilities_and_classes() -> None:
    result = Result(np.array([0, 1]), SCORES, [0, 1])
    assert v1(result) == {"predictions": [0, 1], "probabilities": SCORES.tolist(), "classes": [0, 1]}
    assert v2(result) == {
        "predict": ("INT64", [2], [0, 1]),
        "probabilities": ("FP64", [2, 2], SCORES.tolist()),
        "classes": ("INT64", [2], [0, 1]),
    }


def test_a_model_of_several_outputs_has_a_list_of_such_an_output() -> None:
    labels = np.array([["no", "a"], ["yes", "b"]], dtype=object)
    result = Result(labels, [SCORES, THREE], [["no", "yes"], ["a", "b", "c"]])
    assert v1(result) == {
        "predictions": [["no", "a"], ["yes", "b"]],
        "probabilities": [SCORES.tolist(), THREE.tolist()],
        "classes": [["no", "yes"], ["a", "b", "c"]],
    }
    assert list(v2(result)) == ["predict", "probabilities_0", "probabilities_1", "classes_0", "classes_1"]
    assert v2(result)["probabilities_1"] == ("FP64", [2, 3], THREE.tolist())


def test_several_probabilities_as_predictions_are_one_item_a_row() -> None:
    result = Result(row_by_row([SCORES, THREE]), None, [["no", "yes"], ["a", "b", "c"]])
    assert v1(result)["predictions"] == [
        [[0.75, 0.25], [0.5, 0.25, 0.25]],
        [[0.5, 0.5], [0.0, 0.5, 0.5]],
    ]
    assert v1(result.part(1, 2, 2))["predictions"] == [[[0.5, 0.5], [0.0, 0.5, 0.5]]]


def test_a_part_has_its_own_rows_of_all() -> None:
    part = Result(LABELS, [SCORES, THREE], [["no", "yes"], ["a", "b", "c"]]).part(1, 2, 2)
    assert v1(part) == {
        "predictions": ["yes"],
        "probabilities": [SCORES[1:].tolist(), THREE[1:].tolist()],
        "classes": [["no", "yes"], ["a", "b", "c"]],
    }
    with pytest.raises(NotByRow, match="the model gave 2 for 3 rows"):
        Result(LABELS).part(0, 1, 3)


def test_nan_and_infinities_are_null() -> None:
    odd = np.array([math.nan, math.inf, -math.inf, 1.5])
    assert v1(Result(odd, odd.reshape(2, 2))) == {
        "predictions": [None, None, None, 1.5],
        "probabilities": [[None, None], [None, 1.5]],
    }


things = st.none() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.binary(max_size=3) | st.floats()
kinds = st.sampled_from(["int8", "uint64", "float16", "float32", "float64", "bool", "datetime64[ns]", "U3"])
shapes = nps.array_shapes(max_dims=3, max_side=3)


@given(nps.arrays(kinds, shapes) | nps.arrays("O", shapes, elements=things, fill=st.none()))
def test_the_quick_way_to_v1_gives_what_the_general_one_gives(array: Any) -> None:
    general = orjson.loads(orjson.dumps({"predictions": predictions(jsonable(array))}))
    assert v1(Result(array)) == general
