from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.signature import Column, Columns
from tests.fused.pipelines import Fitted, assert_fused_is_the_pipeline, assert_same, fused, quiet
from tests.fused.shop import NUMBERS, assert_is_fused_and_equal, fitted, rows_of, target, untyped, usual

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    "step",
    [
        Binarizer(threshold=20),
        FunctionTransformer(),
        KBinsDiscretizer(3, encode="onehot", quantile_method="averaged_inverted_cdf"),
        KBinsDiscretizer(3, encode="ordinal", quantile_method="averaged_inverted_cdf"),
        MaxAbsScaler(),
        MissingIndicator(features="all"),
        Normalizer(),
        PCA(1),
        PolynomialFeatures(2),
        PowerTransformer(),
        QuantileTransformer(n_quantiles=10),
        SplineTransformer(3),
        VarianceThreshold(),
        make_pipeline(StandardScaler(), PolynomialFeatures(3), SelectKBest(k=2)),
        make_pipeline(
            SimpleImputer(add_indicator=True), KBinsDiscretizer(2, quantile_method="linear"), MaxAbsScaler()
        ),
    ],
    ids=lambda step: "-".join(type(s).__name__ for _, s in getattr(step, "steps", [("", step)])),
)
def test_other_steps_on_numbers(step: Any) -> None:
    assert_is_fused_and_equal(fitted(usual(more=step)))


@pytest.mark.parametrize(
    ("last", "kind"),
    [
        (ElasticNet(), "numbers"),
        (GaussianNB(), "classes"),
        (HistGradientBoostingClassifier(max_iter=5), "classes"),
        (KNeighborsClassifier(3), "classes"),
        (Lasso(), "several"),
        (LinearRegression(), "several"),
        (LinearSVC(), "classes"),
        (LogisticRegressionCV(Cs=2, cv=2, use_legacy_attributes=False), "classes"),
        (MLPClassifier(4, max_iter=3), "classes"),
        (MultiOutputRegressor(Ridge()), "several"),
        (RandomForestClassifier(5), "classes"),
        (RidgeClassifier(), "classes"),
        (SGDClassifier(loss="log_loss"), "classes"),
        (SVC(), "classes"),
        (VotingClassifier([("a", LogisticRegression()), ("b", GaussianNB())], voting="soft"), "classes"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_last_step(last: Any, kind: str) -> None:
    pipeline = usual()
    pipeline.set_params(prepare__sparse_threshold=0, last=last)
    assert_is_fused_and_equal(fitted(pipeline, kind))


@pytest.mark.parametrize("last", [LogisticRegression(), RandomForestClassifier(5)], ids=["linear", "forest"])
@pytest.mark.parametrize("scaled", [True, False])
def test_without_a_column_transformer(last: Any, scaled: bool) -> None:  # noqa: FBT001 a parameter
    steps = [("scale", StandardScaler())] if scaled else []
    pipeline = Pipeline([*steps, ("last", last)])
    assert_is_fused_and_equal(fitted(pipeline, columns=("age", "spent", "member")))


def test_a_lone_estimator_and_one_with_names_alone() -> None:
    assert_is_fused_and_equal(fitted(Pipeline([("a", LogisticRegression())]), columns=("spent",)))
    assert_is_fused_and_equal(
        fitted(
            make_pipeline(make_pipeline(StandardScaler(), MaxAbsScaler()), Ridge()),
            "numbers",
            ("age", "spent"),
        )
    )


def test_one_hot_alone_gives_a_sparse_matrix() -> None:
    assert_is_fused_and_equal(
        fitted(make_pipeline(OneHotEncoder(), LogisticRegression()), columns=("colour", "member"))
    )
    scaled = make_pipeline(OneHotEncoder(handle_unknown="ignore"), StandardScaler(with_mean=False), Ridge())
    assert_is_fused_and_equal(fitted(scaled, "numbers", ("colour", "member")))


def test_a_target_encoder_of_texts() -> None:
    prepare = ColumnTransformer([("colour", TargetEncoder(cv=2), ["colour"])], remainder="passthrough")
    assert_is_fused_and_equal(fitted(Pipeline([("prepare", prepare), ("last", LogisticRegression())])))


def test_a_column_that_is_always_zero() -> None:
    prepare = ColumnTransformer(
        [("numbers", StandardScaler(), NUMBERS), ("none", MissingIndicator(features="all"), ["age"])]
    )
    assert_is_fused_and_equal(fitted(make_pipeline(prepare, MaxAbsScaler(), LogisticRegression())))


def test_unions_of_column_transformers() -> None:
    union = FeatureUnion(
        [
            (
                "numbers",
                ColumnTransformer(
                    [("scale", StandardScaler(), make_column_selector(dtype_include="number"))]
                ),
            ),
            ("words", ColumnTransformer([("code", OrdinalEncoder(), ["colour"])])),
        ],
        transformer_weights={"numbers": 0.25},
    )
    assert_is_fused_and_equal(fitted(Pipeline([("prepare", union), ("last", LogisticRegression())])))


def test_dataframes_between_the_steps() -> None:
    inner = ColumnTransformer(
        [("scale", StandardScaler(), ["age"])], remainder="passthrough", verbose_feature_names_out=False
    )
    prepare = ColumnTransformer(
        [
            ("numbers", Pipeline([("fill", SimpleImputer()), ("inner", inner)]), NUMBERS),
            ("colour", OneHotEncoder(sparse_output=False, handle_unknown="ignore"), ["colour"]),
        ],
        verbose_feature_names_out=False,
    )
    pipeline = Pipeline([("prepare", prepare), ("last", DecisionTreeClassifier())])
    assert_is_fused_and_equal(fitted(pipeline.set_output(transform="pandas")))


def test_a_weighted_branch_that_gives_no_column() -> None:
    rare = OneHotEncoder(drop="first", min_frequency=0.9, dtype=np.int64, sparse_output=False)
    colour = OneHotEncoder(handle_unknown="ignore", dtype=np.int64, sparse_output=False)
    branches = [("age", rare, ["age"]), ("colour", colour, ["colour"])]
    prepare = ColumnTransformer(branches, transformer_weights={"age": 0.7})
    pipeline = Pipeline([("prepare", prepare), ("last", LogisticRegression())])
    assert_is_fused_and_equal(fitted(pipeline.set_output(transform="pandas")))


def test_a_branch_that_gives_no_column_refuses_what_it_does_not_know() -> None:
    rare = OneHotEncoder(drop="first", min_frequency=0.9, sparse_output=False)
    prepare = ColumnTransformer([("age", rare, ["age"]), ("spent", StandardScaler(), ["spent"])])
    assert_is_fused_and_equal(fitted(Pipeline([("prepare", prepare), ("last", LogisticRegression())])))


def test_whole_numbers_that_may_be_missing_beside_truth_values() -> None:
    columns = (Column("age", "long", required=False), Column("visits", "long"), Column("member", "boolean"))
    signature = Columns(columns)
    rows = [(age, age + 3, age % 2 == 0) for age in range(20)]
    prepare = ColumnTransformer(
        [("numbers", "passthrough", ["age", "visits"]), ("member", "passthrough", ["member"])]
    )
    pipeline = Pipeline([("prepare", prepare), ("scale", MinMaxScaler()), ("last", DecisionTreeClassifier())])
    pipeline.fit(frame(Table(columns, rows)), [0, 1] * 10)
    model = Fitted(pipeline, signature, rows)
    fast = fused(model, rows[:3])
    assert_fused_is_the_pipeline(model, fast, rows[:7])
    assert_fused_is_the_pipeline(model, fast, [(None, 4, True), *rows[:2]])


def test_columns_without_a_type() -> None:
    pipeline = usual()
    assert_is_fused_and_equal(untyped(fitted(pipeline)))


def test_columns_by_position_of_a_pipeline_that_was_fitted_on_an_array() -> None:
    model = fitted(usual())
    prepare = ColumnTransformer(
        [
            ("numbers", StandardScaler(), [0, 1]),
            ("colours", OneHotEncoder(handle_unknown="ignore"), slice(2, 3)),
        ]
    )
    pipeline = Pipeline([("prepare", prepare), ("last", LogisticRegression())])
    pipeline.fit(np.array(model.rows, dtype=object), target())
    assert_is_fused_and_equal(Fitted(pipeline, model.signature, model.rows))


def test_a_search() -> None:
    search = GridSearchCV(usual(), {"last__C": [0.1, 1.0]}, cv=2)
    model = fitted(search)
    fast = fused(model, model.rows[:3])
    table = Table(model.signature.columns, rows_of(model, 9))
    for method in ("predict", "predict_proba"):
        found = getattr(fast.estimator, method)(fast.transform(table))
        assert_same(quiet(getattr(search, method), frame(table)), found)


def test_a_transformed_target() -> None:
    prices = usual().set_params(last=Ridge())
    model = fitted(TransformedTargetRegressor(prices, func=np.log1p, inverse_func=np.expm1), "numbers")
    fast = fused(model, model.rows[:3])
    table = Table(model.signature.columns, rows_of(model, 9))
    assert_same(quiet(model.pipeline.predict, frame(table)), fast.estimator.predict(fast.transform(table)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_truth_values_beside_numbers_get_the_type_that_scikit_learn_gives_them(dtype: type) -> None:
    """Numpy makes objects of such a DataFrame; scikit-learn's check makes numbers of their common type."""
    codes = OneHotEncoder(dtype=dtype, sparse_output=False)
    prepare = ColumnTransformer([("flags", "passthrough", ["member"]), ("codes", codes, ["colour"])])
    pipeline = make_pipeline(prepare, LogisticRegression()).set_output(transform="pandas")
    known = fitted(pipeline)
    assert_is_fused_and_equal(known)
    assert fused(known).transform(Table(known.signature.columns, known.rows)).dtype == dtype


@pytest.mark.parametrize("mean", [7.29393477, 7.2939348, 1e-5])
def test_single_precision_is_rounded_where_scikit_learn_does(mean: float) -> None:
    signature = Columns((Column("spent", "float"),))
    rows = [(float(np.float32(value)),) for value in np.random.default_rng(0).normal(mean, mean, 20_000)]
    data = frame(Table(signature.columns, rows))
    pipeline = make_pipeline(StandardScaler(with_std=False), Ridge()).fit(data, np.arange(len(rows)))
    pipeline.steps[0][1].mean_ = np.array([mean])  # hardly another number in single precision
    model = Fitted(pipeline, signature, rows)
    assert_fused_is_the_pipeline(model, fused(model, rows[:3]), rows)
