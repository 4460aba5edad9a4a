from pathlib import Path

import pytest

from platformctl_predictors.formats.picking import pick
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.serving.metrics.scores import Scores
from platformctl_predictors.serving.queue.model_calls import ModelCalls
from platformctl_predictors.settings import FormatPredictor

pytestmark = pytest.mark.quick

ROW = {"age": 50, "income": 2.5, "plan": "plus", "active": True, "since": "2024-01-01"}


def test_a_model_logged_with_predict_proba_has_scores_of_each_class(models: Path) -> None:
    loaded = pick(models / "pickle", FormatPredictor(kind="auto"))
    scores = Scores()
    calls = ModelCalls(loaded, scores, by_row=True)
    scores.reset()  # as after the warm-up
    given = Reader(loaded.signature).v1({"instances": [ROW, {**ROW, "age": 21}]})
    assert given is not None
    (result,) = calls.run([given])
    assert not isinstance(result, Exception)
    assert result.classes is None
    scores.look()
    assert set(scores.histograms) == {"0", "1"}
