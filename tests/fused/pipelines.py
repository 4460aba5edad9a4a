"""Random fitted pipelines of standard steps, the tables that they were fitted on, and tables to ask them."""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import check_array

from platformctl_predictors.fused import Fused, fuse
from platformctl_predictors.fused.pieces import is_sparse
from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.signature import Column, Columns

Row = tuple[Any, ...]

NUMBERS = ("double", "float", "long", "integer", "boolean")
WORDS = ("red", "green", "blue", "", "été", "RED", "a b")
FIT_ROWS = 60


@dataclass(frozen=True, slots=True)
class Fitted:
    """A pipeline, and what its requests have."""

    pipeline: Any
    signature: Columns
    rows: list[Row]


def quiet(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call gives, or its exception; scikit-learn's remarks on odd rows are not the subject."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(*arguments)
        except Exception as error:  # noqa: BLE001 refusals are compared, too
            return error


def fused(fitted: Fitted, example: Sequence[Row] | None = None) -> Fused:
    """The fused pipeline, which it must be possible to make."""
    found = quiet(fuse, fitted.pipeline, fitted.signature, example)
    assert isinstance(found, Fused), found
    return found


def assert_same(expected: Any, found: Any) -> None:
    """The same bits, or the same refusal."""
    if isinstance(expected, Exception) or isinstance(found, Exception):
        assert type(expected) is type(found), (expected, found)
        assert str(expected) == str(found)
        return
    if isinstance(expected, list):
        for one, other in zip(expected, found, strict=True):
            assert_same(one, other)
        return
    if is_sparse(expected):
        for name in ("data", "indices", "indptr"):
            assert_same(getattr(expected, name), getattr(found, name))
        return
    if hasattr(expected, "dtypes"):  # a DataFrame: what the last step makes of it
        expected = check_array(expected, ensure_all_finite=False)
    one, other = np.asarray(expected), np.asarray(found)
    one = one.astype(float) if one.dtype == object and other.dtype.kind == "f" else one
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    if one.dtype.kind == "f":
        assert (np.isnan(one) == np.isnan(other)).all()
        one, other = np.nan_to_num(one, nan=0.5), np.nan_to_num(other, nan=0.5)
    assert one.tobytes() == other.tobytes()


def assert_fused_is_the_pipeline(fitted: Fitted, fast: Fused, rows: Sequence[Row]) -> None:
    """On one batch of rows: what the last step is given, and what it answers."""
    table = Table(fitted.signature.columns, list(rows))
    if len(fitted.pipeline.steps) > 1:
        before = fitted.pipeline[:-1]
        assert_same(quiet(lambda: before.transform(frame(table))), quiet(fast.transform, table))
    for method in ("predict", "predict_proba"):
        if hasattr(fitted.pipeline, method):
            expected = quiet(lambda name=method: getattr(fitted.pipeline, name)(frame(table)))
            found = quiet(lambda name=method: getattr(fast.estimator, name)(fast.transform(table)))
            assert_same(expected, found)


def ordinary(kind: str, dice: np.random.Generator) -> Any:
    """A value of a column, as it comes every day."""
    if kind == "boolean":
        return bool(dice.integers(2))
    if kind == "string":
        return WORDS[int(dice.integers(4))]
    if kind in ("long", "integer"):
        return int(dice.integers(-3, 12))
    number = float(np.round(dice.normal() * 10 ** float(dice.integers(-2, 4)), 3))
    return float(np.float32(number)) if kind == "float" else number


_ODD: dict[str, Sequence[Any]] = {
    "double": (math.nan, 0.0, -0.0, 5, 1e-310, 1.7e308, -1.7e308, 2**60, math.inf, -math.inf, 0.1, 1e25),
    "float": (math.nan, 0.0, -0.0, 5, 1e-45, 3.4e38, 0.1, 16777217),
    "long": (0, 2**53 + 1, 2**63 - 1, -(2**63), 100),
    "integer": (0, 2**31 - 1, -(2**31), 100),
    "boolean": (True, False),
    "string": (None, *WORDS, "unknown", "nan", "A" * 50, "red ", "\0"),
}


def asked(fitted: Fitted, dice: np.random.Generator, count: int, odd: float) -> list[Row]:
    """Rows to ask: each value is an odd one with some probability."""
    return [tuple(_asked(column, dice, odd) for column in fitted.signature.columns) for _ in range(count)]


def _asked(column: Column, dice: np.random.Generator, odd: float) -> Any:
    if dice.random() >= odd:
        return ordinary(column.type, dice)
    choices = list(_ODD[column.type])
    if not column.required:
        choices += [None]
    return choices[int(dice.integers(len(choices)))]


def scalers(full: bool = True) -> st.SearchStrategy[Any]:  # noqa: FBT001,FBT002 in one place
    """A scaler with any parameters."""
    flag = st.booleans()
    plain = [
        st.builds(StandardScaler, with_mean=flag, with_std=flag),
        st.builds(MinMaxScaler, feature_range=st.sampled_from([(0, 1), (-1, 2.5)]), clip=flag),
        st.builds(RobustScaler, with_centering=flag, with_scaling=flag, unit_variance=flag),
    ]
    return st.one_of(*plain, st.builds(MaxAbsScaler)) if full else st.one_of(*plain)


def number_imputers() -> st.SearchStrategy[Any]:
    """An imputer of numbers with any strategy."""
    return st.builds(
        SimpleImputer,
        strategy=st.sampled_from(["mean", "median", "most_frequent", "constant"]),
        add_indicator=st.booleans(),
        keep_empty_features=st.booleans(),
    )


def word_imputers() -> st.SearchStrategy[Any]:
    """An imputer of texts; to pandas and scikit-learn a missing text is None."""
    return st.builds(
        SimpleImputer,
        missing_values=st.just(None),
        strategy=st.sampled_from(["most_frequent", "constant"]),
        fill_value=st.sampled_from(["none", "red"]),
        add_indicator=st.booleans(),
    )


@st.composite
def one_hots(draw: st.DrawFn, width: int, words: bool) -> OneHotEncoder:  # noqa: FBT001 in one place
    """A one-hot encoder with any parameters."""
    unknown = draw(st.sampled_from(["error", "ignore", "infrequent_if_exist", "warn"]))
    drop: Any = draw(st.sampled_from([None, "first", "if_binary", "each"]))
    if drop == "each":
        drop = np.array(["red"] * width, dtype=object) if words else None
    rare: dict[str, Any] = draw(
        st.sampled_from([{}, {"min_frequency": 12}, {"min_frequency": 0.2}, {"max_categories": 3}])
    )
    dtype = draw(st.sampled_from([np.float64, np.float32, np.int64]))
    if isinstance(drop, np.ndarray) and rare:
        rare = {}  # a category that is dropped must not be an infrequent one
    return OneHotEncoder(
        handle_unknown=unknown, drop=drop, sparse_output=draw(st.booleans()), dtype=dtype, **rare
    )


@st.composite
def ordinals(draw: st.DrawFn) -> OrdinalEncoder:
    """An ordinal encoder with any parameters."""
    if draw(st.booleans()):
        return OrdinalEncoder()
    return OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=draw(st.sampled_from([-1, 100, math.nan])),
        encoded_missing_value=draw(st.sampled_from([-2, math.nan])),
        min_frequency=draw(st.sampled_from([None, 12])),
    )


@st.composite
def number_branches(draw: st.DrawFn, width: int) -> Any:
    """What numbers may go through."""
    kind = draw(st.sampled_from(["scaler", "imputed", "passthrough", "union", "codes", "nested", "drop"]))
    if kind == "scaler":
        return draw(scalers())
    if kind == "imputed":
        return Pipeline([("fill", draw(number_imputers())), ("scale", draw(scalers()))])
    if kind == "union":
        return FeatureUnion([("one", draw(scalers())), ("two", draw(scalers())), ("none", "drop")])
    if kind == "codes":
        steps = [("fill", draw(number_imputers()))] if draw(st.booleans()) else []
        coder = draw(st.one_of(one_hots(width, words=False), ordinals()))
        return Pipeline([*steps, ("codes", coder)])
    if kind == "nested":
        first = list(range(max(1, width // 2)))
        inner = ColumnTransformer(
            [("a", draw(scalers()), first), ("b", "passthrough", slice(1, None))],
            transformer_weights=draw(st.sampled_from([None, {"a": 0.3}, {"b": 2.0}])),
        )
        return Pipeline([("fill", SimpleImputer()), ("inner", inner), ("scale", draw(scalers()))])
    return kind


@st.composite
def word_branches(draw: st.DrawFn, width: int) -> Any:
    """What texts may go through."""
    coder = draw(st.one_of(one_hots(width, words=True), ordinals()))
    if draw(st.booleans()):
        return coder
    steps: list[tuple[str, Any]] = [("fill", draw(word_imputers())), ("codes", coder)]
    if isinstance(coder, OrdinalEncoder) and draw(st.booleans()):
        steps.append(("scale", draw(scalers())))
    if isinstance(coder, OneHotEncoder):
        coder.drop = None if isinstance(coder.drop, np.ndarray) else coder.drop
    return Pipeline(steps)


@st.composite
def selections(draw: st.DrawFn, names: list[str], everything: list[str]) -> Any:
    """The same columns in one of the ways to say so."""
    places = [everything.index(name) for name in names]
    ways: list[Any] = [
        names,
        places,
        [name in names for name in everything],
        make_column_selector("|".join(names)),
    ]
    if places == list(range(places[0], places[-1] + 1)):
        ways += [slice(places[0], places[-1] + 1), slice(names[0], names[-1])]
    return draw(st.sampled_from(ways))


@st.composite
def tables(draw: st.DrawFn) -> tuple[Columns, pd.DataFrame, list[Row]]:
    """Columns of any types, and rows to fit on."""
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    numbers = draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=6))
    words = draw(st.integers(0, 3))
    kinds = draw(st.permutations([*numbers, *["string"] * words]))
    holes = draw(st.sampled_from([0.0, 0.0, 0.15]))
    optional = draw(st.booleans())
    columns = tuple(
        Column(f"{kind}{i}", kind, required=not (optional and kind in ("double", "long")))
        for i, kind in enumerate(kinds)
    )
    rows = [tuple(_hole(c, ordinary(c.type, dice), dice, holes) for c in columns) for _ in range(FIT_ROWS)]
    return Columns(columns), frame(Table(columns, rows)), rows


def _hole(column: Column, value: Any, dice: np.random.Generator, share: float) -> Any:
    if dice.random() >= share:
        return value
    if column.type in ("double", "float"):
        return math.nan
    return None if column.type == "string" else value


@st.composite
def transformers(draw: st.DrawFn, signature: Columns) -> ColumnTransformer:
    """A ColumnTransformer of standard steps on all columns, or on some with a remainder."""
    names = [str(column.name) for column in signature.columns]
    numbers = [
        n
        for n, c in zip(names, signature.columns, strict=True)
        if c.type in ("double", "float", "long", "integer")
    ]
    flags = [n for n, c in zip(names, signature.columns, strict=True) if c.type == "boolean"]
    words = [n for n, c in zip(names, signature.columns, strict=True) if c.type == "string"]
    branches: list[tuple[str, Any, Any]] = []
    cut = draw(st.integers(0, len(numbers)))
    for name, group in (("first", numbers[:cut]), ("second", numbers[cut:])):
        if group:
            branches.append((name, draw(number_branches(len(group))), draw(selections(group, names))))
    if words:
        branches.append(("words", draw(word_branches(len(words))), draw(selections(words, names))))
    if draw(st.booleans()) and flags:
        branches.append(("flags", draw(st.one_of(ordinals(), st.just("passthrough"))), flags))
    remainder = draw(st.sampled_from(["drop", "passthrough", "scaled"]))
    weights = {"first": 0.7} if draw(st.booleans()) and branches and branches[0][0] == "first" else None
    if weights and branches[0][1] in ("passthrough", "drop"):
        weights = None
    return ColumnTransformer(
        draw(st.permutations(branches)),
        remainder=StandardScaler() if remainder == "scaled" else remainder,
        sparse_threshold=draw(st.sampled_from([0, 0.3, 1.0])),
        transformer_weights=weights,
    )


@st.composite
def pipelines(draw: st.DrawFn) -> Fitted | None:
    """A fitted pipeline; None where scikit-learn itself does not want to fit it."""
    signature, data, rows = draw(tables())
    transformer = draw(transformers(signature))
    steps: list[tuple[str, Any]] = [("prepare", transformer)]
    if draw(st.booleans()):
        steps.append(("again", draw(scalers())))
    last, target = draw(st.sampled_from(_LAST))
    pipeline = Pipeline([*steps, ("last", last())])
    if draw(st.sampled_from([False, False, True])):
        pipeline.set_output(transform="pandas")
    dice = np.random.default_rng(0)
    fitted = quiet(pipeline.fit, data, target(dice))
    return None if isinstance(fitted, Exception) else Fitted(fitted, signature, rows)


def _classes(dice: np.random.Generator) -> Any:
    return dice.choice(["no", "yes"], FIT_ROWS)


def _three(dice: np.random.Generator) -> Any:
    return dice.integers(0, 3, FIT_ROWS)


def _numbers(dice: np.random.Generator) -> Any:
    return dice.normal(size=FIT_ROWS)


def _several_numbers(dice: np.random.Generator) -> Any:
    return dice.normal(size=(FIT_ROWS, 2))


def _several_classes(dice: np.random.Generator) -> Any:
    return dice.integers(0, 2, (FIT_ROWS, 2))


_LAST: list[tuple[Callable[[], Any], Callable[[np.random.Generator], Any]]] = [
    (lambda: LogisticRegression(max_iter=20), _classes),
    (lambda: LogisticRegression(max_iter=20), _three),
    (Ridge, _several_numbers),
    (LinearRegression, _numbers),
    (lambda: DecisionTreeClassifier(max_depth=4, random_state=0), _several_classes),
    (lambda: DecisionTreeRegressor(max_depth=4, random_state=0), _several_numbers),
    (lambda: RandomForestClassifier(3, max_depth=3, random_state=0), _three),
]
