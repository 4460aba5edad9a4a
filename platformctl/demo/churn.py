"""Customers who may leave: data, and three pipelines over 20 numeric and 4 categorical columns.

Everything is generated from a seed, so that every machine sees the same figures.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

LABEL = "churned"
NEW_PLAN = "flex"
"""A plan that customers have today and that was not sold yet when the training data were recorded."""

NEW_PLAN_EVERY = 20
"""One in so many customers of today has it: 5 %."""

NUMERIC = {
    # column: (mean, standard deviation, effect on leaving of one standard deviation)
    "tenure_months": (31.0, 18.0, -0.80),
    "monthly_charge": (64.0, 24.0, 0.45),
    "total_charge": (1980.0, 900.0, -0.25),
    "calls_support": (1.8, 1.4, 0.65),
    "calls_out": (52.0, 20.0, -0.10),
    "calls_in": (47.0, 19.0, -0.10),
    "minutes_day": (178.0, 54.0, 0.20),
    "minutes_evening": (201.0, 51.0, 0.05),
    "minutes_night": (199.0, 50.0, 0.0),
    "minutes_abroad": (10.2, 2.8, 0.35),
    "messages_sent": (86.0, 40.0, -0.15),
    "data_gb": (14.0, 6.0, -0.30),
    "data_overage_gb": (1.1, 0.9, 0.50),
    "late_payments": (0.9, 0.8, 0.55),
    "discount_percent": (8.0, 5.0, -0.40),
    "contract_months_left": (9.0, 5.0, -0.70),
    "outages_seen": (1.2, 1.0, 0.40),
    "speed_mbit": (92.0, 35.0, -0.20),
    "household_size": (2.4, 1.1, -0.15),
    "age": (44.0, 15.0, 0.0),
}
CATEGORICAL = {
    # column: {category: effect on leaving}
    "plan": {"basic": 0.3, "plus": 0.0, "family": -0.4, "business": -0.2},
    "payment": {"card": -0.2, "transfer": 0.0, "invoice": 0.5},
    "region": {"north": 0.0, "south": 0.1, "east": -0.1, "west": 0.0},
    "device": {"phone": 0.0, "router": -0.2, "both": -0.5},
}
COLUMNS = (*NUMERIC, *CATEGORICAL)

_AVERAGE = -1.0
"""The logit of leaving of an average customer: about three in ten leave."""


@dataclass(frozen=True)
class Recipe:
    """How one version is made.

    Args:
        title: What is special about it, in words.
        rows: How many rows of history it learns from.
        strength: Inverse strength of the regularisation, `C` of LogisticRegression.
        unknown: What its OneHotEncoder does with a category that it has not seen.
    """

    title: str
    rows: int
    strength: float
    unknown: str


RECIPES = (
    Recipe("a first try on 200 rows", 200, 1.0, "ignore"),
    Recipe("all 5,000 rows, tuned", 5000, 0.1, "ignore"),
    # "error" is what OneHotEncoder does unless told otherwise: an argument that was forgotten.
    Recipe('a rewrite that forgot handle_unknown="ignore"', 5000, 1.0, "error"),
)


def history(rows: int, seed: int = 7) -> pd.DataFrame:
    """Customers of last year, with `churned` (0 or 1). Nobody had the new plan."""
    random = np.random.default_rng(seed)
    standard = {column: random.standard_normal(rows) for column in NUMERIC}
    table = {
        column: np.round(np.maximum(mean + deviation * standard[column], 0.0), 2)
        for column, (mean, deviation, _) in NUMERIC.items()
    }
    chosen = {column: random.choice(list(effects), rows) for column, effects in CATEGORICAL.items()}
    logit = np.full(rows, _AVERAGE)
    for column, (_, _, effect) in NUMERIC.items():
        logit += effect * standard[column]
    for column, effects in CATEGORICAL.items():
        logit += np.array([effects[category] for category in chosen[column]])
    churned = (random.random(rows) < 1 / (1 + np.exp(-logit))).astype(np.int64)
    return pd.DataFrame({**table, **chosen, LABEL: churned})


def today(rows: int, seed: int = 8) -> pd.DataFrame:
    """Customers of today, without a label: every twentieth has the new plan."""
    customers = history(rows, seed)[list(COLUMNS)]
    has_new_plan = np.arange(rows) % NEW_PLAN_EVERY == NEW_PLAN_EVERY - 1
    return customers.assign(plan=customers["plan"].mask(has_new_plan, NEW_PLAN))


def fit(recipe: Recipe) -> Pipeline:
    """Fit a version; it takes a DataFrame of `COLUMNS` and answers 0 or 1 a row."""
    data = history(recipe.rows)
    columns = ColumnTransformer(
        [
            ("numeric", StandardScaler(), list(NUMERIC)),
            ("categorical", OneHotEncoder(handle_unknown=recipe.unknown), list(CATEGORICAL)),
        ]
    )
    pipeline = Pipeline(
        [("columns", columns), ("classifier", LogisticRegression(C=recipe.strength, max_iter=500))]
    )
    pipeline.fit(data[list(COLUMNS)], data[LABEL])
    return pipeline


def auc(pipeline: Pipeline, rows: int = 5000, seed: int = 9) -> float:
    """Area under the ROC curve on customers of last year that no version has seen."""
    held_out = history(rows, seed)
    scores = pipeline.predict_proba(held_out[list(COLUMNS)])[:, 1]
    return float(roc_auc_score(held_out[LABEL], scores))
