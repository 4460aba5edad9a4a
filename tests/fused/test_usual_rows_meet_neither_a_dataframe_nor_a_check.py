import math
from typing import Any

import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC

from platformctl_predictors.fused.linear import Direct
from platformctl_predictors.fused.pieces import Untaken
from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.frames import frame
from tests.fused.pipelines import Fitted, assert_same, fused, quiet
from tests.fused.shop import NUMBERS, fitted, rows_of, untyped, usual

pytestmark = pytest.mark.quick


def prepared(strict: bool) -> ColumnTransformer:  # noqa: FBT001 one of two
    unknown = "error" if strict else "ignore"
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), NUMBERS),
            ("colour", OneHotEncoder(handle_unknown=unknown), ["colour"]),
            ("member", OrdinalEncoder(), ["member"]),
        ]
    )


@pytest.mark.parametrize("types", [True, False], ids=["typed", "untyped"])
@pytest.mark.parametrize("count", [1, 2, 40])
def test_usual_rows_are_never_left_to_the_pipeline(count: int, types: bool) -> None:  # noqa: FBT001 a parameter
    model = fitted(Pipeline([("prepare", prepared(strict=True)), ("last", LogisticRegression())]))
    model = model if types else untyped(model)
    fast = fused(model, model.rows[:3])
    table = Table(model.signature.columns, rows_of(model, count))
    assert_same(model.pipeline[:-1].transform(frame(table)), fast.plan(table))


def test_an_unknown_category_is_refused_in_scikit_learns_words() -> None:
    model = fitted(Pipeline([("prepare", prepared(strict=True)), ("last", LogisticRegression())]))
    fast = fused(model, model.rows[:3])
    table = Table(model.signature.columns, [(40, 12.5, "violet", True)])
    with pytest.raises(Untaken):
        fast.plan(table)
    with pytest.raises(
        ValueError, match=r"Found unknown categories \['violet'\] in column 0 during transform"
    ):
        fast.transform(table)


def test_other_columns_than_the_signatures_are_left_to_the_pipeline() -> None:
    model = fitted(Pipeline([("prepare", prepared(strict=False)), ("last", LogisticRegression())]))
    fast = fused(model, model.rows[:3])
    names = list(reversed(model.signature.columns))
    table = Table(tuple(names), [tuple(reversed(row)) for row in rows_of(model, 3)])
    with pytest.raises(Untaken):
        fast.plan(table)
    assert_same(model.pipeline[:-1].transform(frame(table)), fast.transform(table))


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (LogisticRegression(), "classes"),
        (LogisticRegressionCV(Cs=2, cv=2, use_legacy_attributes=False), "classes"),
        (LogisticRegression(), "colours"),
        (RidgeClassifier(), "classes"),
        (LinearSVC(), "colours"),
        (SGDClassifier(), "classes"),
        (Ridge(), "several"),
        (LinearRegression(), "numbers"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_linear_models_go_directly_to_the_numbers(last: Any, kind: str) -> None:
    model = fitted(usual().set_params(last=last), kind)
    fast = fused(model, model.rows[:3])
    assert isinstance(fast.estimator, Direct)
    assert "predict" in vars(fast.estimator)
    table = Table(model.signature.columns, rows_of(model, 17))
    assert_same(model.pipeline.predict(frame(table)), fast.estimator.predict(fast.transform(table)))
    assert fast.estimator.coef_ is model.pipeline.named_steps["last"].coef_


def test_what_a_linear_model_refuses_it_refuses_in_its_own_words() -> None:
    model = fitted(usual())
    fast = fused(model, model.rows[:3])
    assert isinstance(fast.estimator, Direct)
    table = Table(model.signature.columns, [(40, math.nan, "red", True)])
    expected = quiet(model.pipeline.predict_proba, frame(table))
    assert isinstance(expected, ValueError)
    assert_same(expected, quiet(fast.estimator.predict_proba, fast.transform(table)))


def test_all_else_is_the_estimators() -> None:
    model = fitted(usual().set_params(last=RandomForestClassifier(3)))
    fast = fused(model, model.rows[:3])
    assert list(fast.estimator.classes_) == ["goes", "stays"]
    assert fast.summary.startswith("StandardScaler, OneHotEncoder; equal on 3 example and ")


def test_an_example_is_not_needed() -> None:
    model = fitted(usual())
    assert " 0 example and " in fused(Fitted(model.pipeline, model.signature, []), None).summary
