from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import NMF
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from platformctl_predictors.formats.picking import pick
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.settings import FormatPredictor

pytestmark = pytest.mark.quick

FRAME = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "t": ["x", "y", "x", "y"]})
TARGET = [0, 1, 0, 1]
ARRAY = np.arange(8.0).reshape(4, 2)


def columns(text: Any, number: Any = "passthrough") -> Any:
    prepared = ColumnTransformer([("a", number, ["a"]), ("t", text, ["t"])])
    return make_pipeline(prepared, LinearRegression()).fit(FRAME, TARGET)


def compute(folder: Path, estimator: Any, row: Any, kind: str) -> Any:
    joblib.dump(estimator, folder / "model.joblib")
    loaded = pick(folder, FormatPredictor.model_validate({"kind": kind}))
    given = Reader(loaded.signature).v1({"instances": [row]})
    assert given is not None
    return loaded.compute(given).predictions


def arrays(*steps: Any) -> Any:
    return make_pipeline(*steps).fit(ARRAY, TARGET)


CASES: dict[str, tuple[Callable[[], Any], Any, str]] = {
    "missing": (lambda: columns(OneHotEncoder(), StandardScaler()), {"a": None, "t": "x"}, "contains NaN"),
    "missing in an array": (lambda: arrays(LinearRegression()), [1.0, None], "contains NaN"),
    "infinity to a forest": (lambda: arrays(RandomForestRegressor(3)), [1e300, 1], "too large for"),
    "null category": (lambda: columns(OneHotEncoder()), {"a": 1, "t": None}, "Found unknown categories"),
    "text for a number": (lambda: arrays(LinearRegression()), ["a", "b"], "could not convert string"),
    "too few numbers": (lambda: arrays(LinearRegression()), [1.0], "X has 1 features"),
    "not a row": (lambda: arrays(KNeighborsRegressor(1)), 1.0, "Expected 2D array"),
    "negative": (
        lambda: arrays(NMF(1, max_iter=5, tol=0), LinearRegression()),
        [-1.0, 1.0],
        "Negative values",
    ),
    "text for an imputer": (
        lambda: arrays(SimpleImputer(strategy="median"), LinearRegression()),
        ["a", 1.0],
        "non-numeric data: could not convert string to float: 'a'",
    ),
}


@pytest.mark.parametrize("kind", ["auto", "pipeline"])
@pytest.mark.parametrize("case", CASES)
def test_a_value_that_a_check_refuses_is_a_400(tmp_path: Path, case: str, kind: str) -> None:
    make, row, text = CASES[case]
    with np.errstate(over="ignore"), pytest.raises(BadInput, match=text) as caught:
        compute(tmp_path, make(), row, kind)
    assert caught.value.reason == "value"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["auto", "pipeline"])
@pytest.mark.parametrize("encoder", [OneHotEncoder, OrdinalEncoder])
def test_a_category_that_the_model_was_not_trained_on_is_its_failure(
    tmp_path: Path, encoder: Any, kind: str
) -> None:
    with pytest.raises(ValueError, match="Found unknown categories") as caught:
        compute(tmp_path, columns(encoder()), {"a": 1, "t": "z"}, kind)
    assert not isinstance(caught.value, BadInput)


def broken(array: Any) -> Any:  # noqa: ARG001 scikit-learn calls it
    raise ValueError("Input X contains NaN.")


@pytest.mark.parametrize(
    ("step", "row"),
    [(np.log, [-1.0, -1.0]), (broken, [-1.0, -1.0]), (broken, [None, 1.0])],
    ids=["nan-of-its-own", "the-same-words", "the-same-words-of-nan"],
)
def test_a_value_error_of_the_models_own_is_its_failure(tmp_path: Path, step: Any, row: Any) -> None:
    model = make_pipeline(FunctionTransformer(), LinearRegression()).fit(ARRAY, TARGET)
    model.steps[0][1].func = step
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match="contains NaN") as caught:
        compute(tmp_path, model, row, "auto")
    assert not isinstance(caught.value, BadInput)
