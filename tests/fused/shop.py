"""One small table of a shop's customers, and pipelines on it."""

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.signature import ANY, Column, Columns
from tests.fused.pipelines import Fitted, asked, assert_fused_is_the_pipeline, fused, quiet

NUMBERS = ["age", "spent"]
SIGNATURE = Columns(
    (
        Column("age", "long"),
        Column("spent", "double"),
        Column("colour", "string"),
        Column("member", "boolean"),
    )
)
COUNT = 80


def rows(count: int = COUNT, seed: int = 0) -> list[tuple[Any, ...]]:
    """Customers: age, spent, colour, member."""
    dice = np.random.default_rng(seed)
    return [
        (
            int(dice.integers(18, 90)),
            float(dice.gamma(2.0) * 30 + 1),
            ["red", "green", "blue"][int(dice.integers(3))],
            bool(dice.integers(2)),
        )
        for _ in range(count)
    ]


def target(kind: str = "classes") -> Any:
    """What is learned: two `classes`, three `colours`, `numbers`, or `several` numbers."""
    dice = np.random.default_rng(1)
    if kind == "colours":
        return dice.choice(["red", "green", "blue"], COUNT)
    if kind == "classes":
        return dice.choice(["goes", "stays"], COUNT)
    return dice.normal(size=COUNT) + 5 if kind == "numbers" else dice.normal(size=(COUNT, 2))


def fitted(estimator: Any, kind: str = "classes", columns: tuple[str, ...] = ()) -> Fitted:
    """An estimator that knows the customers, or some of their columns."""
    wanted = columns or tuple(str(column.name) for column in SIGNATURE.columns)
    data = frame(Table(SIGNATURE.columns, rows()))[list(wanted)]
    known = quiet(estimator.fit, data, target(kind))
    assert not isinstance(known, Exception), known
    chosen = [index for index, column in enumerate(SIGNATURE.columns) if column.name in wanted]
    few = [tuple(row[index] for index in chosen) for row in rows()]
    return Fitted(estimator, Columns(tuple(SIGNATURE.columns[index] for index in chosen)), few)


def usual(**more: Any) -> Pipeline:
    """Scaled numbers, one-hot colours, and a logistic regression; more branches by name."""
    branches = [
        ("numbers", StandardScaler(), NUMBERS),
        ("colours", OneHotEncoder(handle_unknown="ignore"), ["colour"]),
        *((name, step, ["spent"]) for name, step in more.items()),
    ]
    return Pipeline([("prepare", ColumnTransformer(branches)), ("last", LogisticRegression())])


def untyped(model: Fitted) -> Fitted:
    """The same without types, as a model without a signature has it."""
    columns = tuple(Column(column.name, ANY) for column in model.signature.columns)
    return Fitted(model.pipeline, Columns(columns), model.rows)


def assert_is_fused_and_equal(model: Fitted) -> None:
    """On usual and odd rows, in batches of several sizes."""
    fast = fused(model, model.rows[:3])
    typed = Fitted(model.pipeline, Columns(tuple(_typed(c) for c in model.signature.columns)), model.rows)
    dice = np.random.default_rng(2)
    for count in (1, 2, 30):
        assert_fused_is_the_pipeline(model, fast, rows_of(model, count))
        for _ in range(4):
            assert_fused_is_the_pipeline(model, fast, asked(typed, dice, count, 0.1))


def rows_of(model: Fitted, count: int) -> list[tuple[Any, ...]]:
    """Rows that the model was not fitted with."""
    names = [column.name for column in SIGNATURE.columns]
    places = [names.index(column.name) for column in model.signature.columns]
    return [tuple(row[place] for place in places) for row in rows(count, seed=9)]


def _typed(column: Column) -> Column:
    return next(known for known in SIGNATURE.columns if known.name == column.name)
