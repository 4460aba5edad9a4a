from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import NMF, PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from platformctl_predictors.formats.by_row import by_row

pytestmark = pytest.mark.quick

ROWS = np.abs(np.random.default_rng(0).normal(size=(60, 4)))
TARGET = (ROWS[:, 0] > 0.6).astype(int)


class Centered(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A step of the user's that looks at all rows of a call."""

    def fit(self, rows: Any, target: Any = None) -> "Centered":  # noqa: ARG002 scikit-learn's signature
        return self

    def transform(self, rows: Any) -> Any:
        return rows - rows.mean(axis=0)


class MyScaler(StandardScaler):  # type: ignore[misc]  # scikit-learn ships no types
    """A subclass may do anything."""


def last() -> Any:
    return LogisticRegression()


KNOWN = {
    "one": last(),
    "pipeline": make_pipeline(StandardScaler(), PCA(2), last()),
    "columns": make_pipeline(
        ColumnTransformer([("n", StandardScaler(), [0])], remainder="passthrough"), last()
    ),
    "union": make_pipeline(FeatureUnion([("a", StandardScaler()), ("b", PCA(2))]), last()),
    "search": GridSearchCV(make_pipeline(StandardScaler(), last()), {}, cv=2),
    "stack": StackingClassifier([("a", last()), ("b", RandomForestClassifier(3))], cv=2),
    "vote": VotingClassifier([("a", last()), ("b", RandomForestClassifier(3))], voting="soft"),
    "calibrated": CalibratedClassifierCV(last(), cv=2),
    "forest": RandomForestClassifier(3),
    "boosting": GradientBoostingClassifier(n_estimators=3),
    "hist": HistGradientBoostingClassifier(max_iter=3, categorical_features=[3]),
    "ufunc": make_pipeline(FunctionTransformer(np.log1p), last()),
    "identity": make_pipeline(FunctionTransformer(), last()),
}
UNKNOWN = {
    "own function": make_pipeline(FunctionTransformer(np.cumsum), last()),
    "own step": make_pipeline(StandardScaler(), Centered(), last()),
    "subclass": make_pipeline(MyScaler(), last()),
    "deep": GridSearchCV(Pipeline([("u", FeatureUnion([("a", Centered())])), ("l", last())]), {}, cv=2),
    "in columns": make_pipeline(ColumnTransformer([("n", Centered(), [0, 1])]), last()),
    "together": make_pipeline(MinMaxScaler(clip=True), NMF(2, max_iter=2000), last()),
    "random": DummyClassifier(strategy="stratified"),
    "target function": TransformedTargetRegressor(LinearRegression(), func=np.cumsum, inverse_func=np.diff),
}


@pytest.mark.parametrize("name", KNOWN)
def test_rows_of_known_steps_are_the_same_alone_and_together(name: str) -> None:
    rows = ROWS.copy()
    rows[:, 3] = np.arange(len(rows)) % 3
    model = KNOWN[name].fit(rows, TARGET)
    assert by_row(model)
    alone = np.concatenate([model.predict_proba(rows[i : i + 1]) for i in range(8)])
    np.testing.assert_allclose(model.predict_proba(rows)[:8], alone, rtol=1e-12)


@pytest.mark.parametrize("name", UNKNOWN)
def test_steps_that_cannot_be_known_are_not_joined(name: str) -> None:
    model = UNKNOWN[name]
    if name not in ("own function", "target function"):  # these cannot even be fitted to it
        model.fit(ROWS, TARGET)
    assert not by_row(model)
