"""Fresh rows, by the server's own loader: what ONNX Runtime gives is what scikit-learn gives."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from platformctl_predictors.formats.picking import pick
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.settings import FormatPredictor
from tests.onnx.conftest import Made
from tests.onnx.models import table, zoo

pytestmark = pytest.mark.quick

AUTO = FormatPredictor(kind="auto")


def requests(name: str) -> list[Any]:
    """Rows that the model was not fitted to and the gate has not seen, as JSON has them."""
    _, data, _ = zoo()[name]
    fresh = table(60, missing=name in {"gaps", "gaps in a forest", "none is a category"}, seed=9)
    if not isinstance(data, pd.DataFrame):
        return list(fresh[["age", "ratio"]].to_numpy().tolist())
    rows = fresh[list(data.columns)].to_dict("records")
    return [{key: None if value != value else value for key, value in row.items()} for row in rows]  # noqa: PLR0124 - NaN


def given(loaded: Any, name: str) -> Any:  # an Input
    return Reader(loaded.signature).v1({"instances": requests(name)})


def plain(data: Any) -> Any:  # what scikit-learn takes
    return frame(data) if hasattr(data, "rows") else data


@pytest.mark.parametrize("name", zoo())
def test_predictions_are_the_models(name: str, exported: Callable[[str], Made]) -> None:
    model, folder, report = exported(name)
    assert report.verdict == "passed", report.reason
    loaded = pick(folder, AUTO)
    assert loaded.pick.runtime == "onnx"
    assert loaded.by_row
    asked = given(loaded, name)
    expected, got = model.predict(plain(asked.data)), loaded.compute(asked).predictions
    assert got.shape == expected.shape
    if report.task == "regressor":
        np.testing.assert_allclose(got, expected, rtol=1e-5)
        assert got.dtype == np.float64
    else:
        assert got.tolist() == expected.tolist()


@pytest.mark.parametrize(
    "name",
    [
        "texts as classes",
        "booleans as classes",
        "forest",
        "boosting",
        "gaps",
        "refuses",
        "two labels",
        "array",
    ],
)
def test_probabilities_are_the_models(name: str, exported: Callable[[str], Made]) -> None:
    model, folder, report = exported(name)
    assert report.probabilities
    loaded = pick(folder, FormatPredictor(kind="onnx", output="both"))
    asked = given(loaded, name)
    result, expected = loaded.compute(asked), model.predict_proba(plain(asked.data))
    assert result.predictions.tolist() == model.predict(plain(asked.data)).tolist()
    np.testing.assert_allclose(np.array(result.probabilities), np.array(expected), atol=1e-5)
    assert result.classes == [
        x.tolist() if isinstance(x, np.ndarray) else x
        for x in (model.classes_ if isinstance(model.classes_, list) else model.classes_.tolist())
    ]


@pytest.mark.parametrize("output", ["label", "probability", "both"])
def test_each_row_alone_is_as_in_a_batch(output: str, exported: Callable[[str], Made]) -> None:
    _, folder, _ = exported("texts as classes")
    loaded = pick(folder, FormatPredictor.model_validate({"kind": "onnx", "output": output}))
    reader, rows = Reader(loaded.signature), requests("texts as classes")[:10]
    together = loaded.compute(reader.v1({"instances": rows}))  # type: ignore[arg-type]  # there are rows
    for place, row in enumerate(rows):
        alone = loaded.compute(reader.v1({"instances": [row]}))  # type: ignore[arg-type]  # as above
        assert (alone.probabilities is None) == (output != "both")
        if output == "label":
            assert alone.predictions[0] == together.predictions[place]
        else:
            field = "probabilities" if output == "both" else "predictions"
            one, all_of_them = (np.array(getattr(result, field)) for result in (alone, together))
            np.testing.assert_allclose(one[0], all_of_them[place], atol=1e-12)


def test_the_columns_order_is_the_signatures(exported: Callable[[str], Made]) -> None:
    _, folder, _ = exported("texts as classes")
    loaded = pick(folder, AUTO)
    rows = requests("texts as classes")
    mixed = [dict(reversed(list(row.items()))) for row in rows]
    reader = Reader(loaded.signature)
    asked = [reader.v1({"instances": given}) for given in (rows, mixed)]
    results = [loaded.compute(each).predictions for each in asked if each is not None]
    assert results[0].tolist() == results[1].tolist()


def test_the_pick_says_why(exported: Callable[[str], Made]) -> None:
    _, folder, report = exported("forest")
    why = pick(folder, AUTO).pick.why
    assert report.counts is not None
    assert f"its gate passed on {report.counts.rows} rows: 0 labels differ" in why
    assert "model.pkl" in why
