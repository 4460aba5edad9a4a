from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from platformctl_predictors.exits import Exit
from platformctl_predictors.formats.loading import Loaded
from platformctl_predictors.formats.picking import pick
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.outputs import protocols
from platformctl_predictors.settings import FormatPredictor

pytestmark = pytest.mark.quick

ROWS = np.arange(40.0).reshape(20, 2)
TEXTS = np.where(ROWS[:, 0] > 12, "stays", np.where(ROWS[:, 1] > 30, "odd", "leaves"))
ASKED = ROWS[[2, 15]].tolist()


def loaded(folder: Path, estimator: Any, **wanted: Any) -> Loaded:
    joblib.dump(estimator, folder / "model.joblib")
    return pick(folder, FormatPredictor(**{"kind": "auto", **wanted}))


def answer(model: Loaded, rows: list[Any] = ASKED) -> Any:
    given = Reader(model.signature).v1({"instances": rows})
    assert given is not None
    return protocols.v1(model.compute(given))


def failure(folder: Path, estimator: Any, **wanted: Any) -> Exit:
    with pytest.raises(Exit) as caught:
        loaded(folder, estimator, **wanted)
    return caught.value


def pipelines() -> dict[str, Any]:
    """One that is fused, one that is not, and an estimator without any preprocessing."""
    return {
        "columns": make_pipeline(
            ColumnTransformer([("n", StandardScaler(), [0, 1])]), LogisticRegression(C=9)
        ),
        "function": make_pipeline(FunctionTransformer(np.tanh), LogisticRegression(C=9)),
        "alone": LogisticRegression(C=9),
    }


@pytest.mark.parametrize("name", pipelines())
def test_a_classifier_answers_what_is_asked(tmp_path: Path, name: str) -> None:
    model = pipelines()[name].fit(ROWS, TEXTS)
    labels, scores = model.predict(ASKED).tolist(), model.predict_proba(ASKED).tolist()
    classes = ["leaves", "stays"]
    assert answer(loaded(tmp_path, model)) == {"predictions": labels}
    assert answer(loaded(tmp_path, model, output="label")) == {"predictions": labels}
    assert answer(loaded(tmp_path, model, output="probability")) == {
        "predictions": scores,
        "classes": classes,
    }
    assert answer(loaded(tmp_path, model, output="both")) == {
        "predictions": labels,
        "probabilities": scores,
        "classes": classes,
    }


class Contrary(LogisticRegression):  # type: ignore[misc]  # scikit-learn ships no types
    """As SVC may: its labels are not those of the highest probabilities."""

    def predict(self, rows: Any) -> Any:
        return self.classes_[self.predict_proba(rows).argmin(axis=1)]


def test_the_label_is_the_estimators_own_and_not_the_likeliest_class(tmp_path: Path) -> None:
    model = Contrary().fit(ROWS, TEXTS)
    both = answer(loaded(tmp_path, model, output="both"))
    assert both["predictions"] == model.predict(ASKED).tolist()
    assert both["predictions"] != model.classes_[np.argmax(both["probabilities"], axis=1)].tolist()


@pytest.mark.parametrize(
    "model",
    [RandomForestClassifier(3, random_state=0), MultiOutputClassifier(LogisticRegression())],
    ids=["forest", "wrapped"],
)
def test_several_outputs_have_a_list_of_each(tmp_path: Path, model: Any) -> None:
    targets = np.column_stack([ROWS[:, 0] > 12, np.arange(20) % 3])
    model.fit(ROWS, targets)
    labels, (first, second) = model.predict(ASKED).tolist(), model.predict_proba(ASKED)
    classes = [[0, 1], [0, 1, 2]]
    assert answer(loaded(tmp_path, model)) == {"predictions": labels}
    assert answer(loaded(tmp_path, model, output="both")) == {
        "predictions": labels,
        "probabilities": [first.tolist(), second.tolist()],
        "classes": classes,
    }
    assert answer(loaded(tmp_path, model, output="probability")) == {
        "predictions": [list(row) for row in zip(first.tolist(), second.tolist(), strict=True)],
        "classes": classes,
    }


def test_rows_of_two_requests_are_not_taken_for_two_outputs(tmp_path: Path) -> None:
    """predict_proba of two outputs is a list of two: as long as the batch is here."""
    model = RandomForestClassifier(3, random_state=0).fit(ROWS, np.column_stack([TEXTS, TEXTS]))
    served = loaded(tmp_path, model, output="probability")
    given = Reader(served.signature).v1({"instances": ASKED})
    assert given is not None
    part = served.compute(given).part(1, 2, 2)
    assert protocols.v1(part)["predictions"] == answer(served, ASKED[1:])["predictions"]


@pytest.mark.parametrize("output", ["label", "probability", "both"])
def test_a_regressor_has_none_of_these(tmp_path: Path, output: str) -> None:
    ended = failure(tmp_path, LinearRegression().fit(ROWS, ROWS[:, 0]), output=output)
    assert ended.code == 64
    assert "predictor.output" in ended.cause
    assert "LinearRegression, which is no classifier" in ended.cause
    assert "leave predictor.output out" in ended.hint


@pytest.mark.parametrize("output", ["probability", "both"])
def test_a_classifier_without_probabilities_says_the_ways_out(tmp_path: Path, output: str) -> None:
    model = LinearSVC().fit(ROWS, TEXTS)
    ended = failure(tmp_path, model, output=output)
    assert ended.code == 64
    assert "predictor.output" in ended.cause
    assert "LinearSVC, which has no predict_proba()" in ended.cause
    assert "ask for label" in ended.hint
    assert answer(loaded(tmp_path, model, output="label"))["predictions"] == model.predict(ASKED).tolist()
    calibrated = CalibratedClassifierCV(model, cv=2).fit(ROWS, ROWS[:, 0] % 4 > 0)
    assert "probabilities" in answer(loaded(tmp_path, calibrated, output="both"))


def test_the_server_knows_the_labels_of_probabilities_that_it_does_not_give_out(tmp_path: Path) -> None:
    """For the metrics: which column is whose probability."""
    model = LogisticRegression().fit(ROWS, TEXTS)
    assert loaded(tmp_path, model).classes is None
    assert loaded(tmp_path, model, output="both").classes == ["leaves", "stays"]
