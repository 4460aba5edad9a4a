from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from platformctl_predictors.fused import NotFused, fuse
from platformctl_predictors.inputs.signature import Column, Columns
from tests.fused.pipelines import Fitted, quiet
from tests.fused.shop import SIGNATURE, fitted, usual

pytestmark = pytest.mark.quick


class Doubled(StandardScaler):  # type: ignore[misc]  # scikit-learn is untyped
    """A scaler of somebody's own: the name of a step says nothing about what a subclass does."""

    def transform(self, X: Any, copy: bool | None = None) -> Any:  # noqa: N803,FBT001 scikit-learn's signature
        return super().transform(X, copy) * 2


class Guess(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """A classifier of somebody's own."""

    def fit(self, _: Any, y: Any) -> "Guess":
        self.classes_ = np.unique(y)
        return self

    def predict(self, data: Any) -> Any:
        return np.where(data["age"] > 40, *self.classes_)


def outcome(model: Fitted) -> NotFused:
    found = quiet(fuse, model.pipeline, model.signature, model.rows[:3])
    assert isinstance(found, NotFused), found
    return found


@pytest.mark.parametrize(
    ("step", "named"),
    [
        (FunctionTransformer(np.log1p), "prepare/more: FunctionTransformer"),
        (Doubled(), "prepare/more: Doubled"),
        (Pipeline([("scale", StandardScaler()), ("twice", Doubled())]), "prepare/more/twice: Doubled"),
    ],
)
def test_a_step_of_another_type_is_named_with_the_way_to_it(step: Any, named: str) -> None:
    found = outcome(fitted(usual(more=step)))
    assert found.step == named
    assert found.reason == "it is not a step that is understood"


def test_a_step_for_texts_is_named() -> None:
    words = ColumnTransformer([("words", TfidfVectorizer(), "colour")])
    found = outcome(fitted(Pipeline([("prepare", words), ("last", LogisticRegression())])))
    assert found.step == "prepare/words: TfidfVectorizer"


def test_a_pipeline_of_another_type_is_not_taken_apart() -> None:
    class Own(Pipeline):  # type: ignore[misc]  # scikit-learn is untyped
        pass

    found = outcome(
        fitted(Own([("scale", StandardScaler()), ("last", LogisticRegression())]), columns=("age",))
    )
    assert found.step == "Own"


def test_an_estimator_that_is_not_scikit_learns_own_keeps_its_dataframe() -> None:
    found = outcome(fitted(Guess()))
    assert (found.step, found.reason) == ("Guess", "it is given a DataFrame, and is not scikit-learn's own")


def test_a_text_where_numbers_are_needed_is_named() -> None:
    model = fitted(usual())
    texts = Columns(tuple(Column(c.name, "string") for c in SIGNATURE.columns))
    found = quiet(fuse, model.pipeline, texts, None)
    assert isinstance(found, NotFused)


def test_a_column_that_the_signature_lacks_is_no_crash() -> None:
    model = fitted(usual())
    found = quiet(fuse, model.pipeline, Columns(SIGNATURE.columns[:2]), None)
    assert isinstance(found, NotFused)
    assert "colour" in found.reason


def test_what_does_not_predict_is_said() -> None:
    scaler = StandardScaler()
    found = outcome(fitted(Pipeline([("scale", scaler), ("last", "passthrough")]), columns=("age", "spent")))
    assert found.reason == "it has no predict()"


def test_what_was_never_fitted_is_said() -> None:
    found = quiet(
        fuse, Pipeline([("code", OneHotEncoder()), ("last", LogisticRegression())]), SIGNATURE, None
    )
    assert isinstance(found, NotFused)
