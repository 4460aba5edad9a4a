"""Fitted models in folders as MLflow lays them out, without MLflow: it takes seconds to import."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
import yaml
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC

NUMBERS, TEXTS = ["age", "income", "ratio", "active"], ["plan", "region"]
_TYPES = {"age": "long", "income": "double", "ratio": "double", "active": "boolean"}


def table(rows: int = 400, *, missing: bool = False, seed: int = 1) -> pd.DataFrame:
    """Rows of six columns; with missing incomes, plans and regions if they are wanted."""
    random = np.random.default_rng(seed)
    data = pd.DataFrame(
        {
            "age": random.integers(18, 90, rows),
            "income": np.round(random.normal(50, 20, rows), 2),
            "ratio": random.normal(0, 1, rows),
            "active": random.random(rows) < 0.5,
            "plan": random.choice(["basic", "plus", "pro"], rows),
            "region": random.choice(["n", "s", "e", "w"], rows),
        }
    )
    if missing:
        data["income"] = data["income"].mask(random.random(rows) < 0.1)
        for column in TEXTS:
            data[column] = data[column].astype(object).where(random.random(rows) > 0.1, None)
    return data


def target(data: pd.DataFrame) -> pd.Series:
    """1 for the older with a good plan."""
    return ((data["age"] > 50) & (data["plan"] != "basic")).astype(int)


def columns(**options: Any) -> Any:  # scikit-learn ships no types
    """Scaled numbers, and a column a category."""
    encoder = OneHotEncoder(**{"handle_unknown": "ignore", "sparse_output": False, **options})
    return make_column_transformer((StandardScaler(), NUMBERS), (encoder, TEXTS))


def imputed() -> Any:  # as above
    """As `columns`, with replacements for what is missing."""
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    texts = make_pipeline(
        SimpleImputer(missing_values=None, strategy="most_frequent"),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    return make_column_transformer((numbers, NUMBERS), (texts, TEXTS))


def zoo() -> dict[str, tuple[Any, Any, Any]]:
    """Estimators that are not fitted yet, with what to fit them to."""
    data, gaps = table(), table(missing=True)
    hit = target(data)
    ages = np.where(data["age"] < 40, "young", np.where(data["age"] < 65, "mid", "old"))
    amount = data["age"] * 2.0 + data["income"]
    ordinal = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), TEXTS),
        remainder="passthrough",
    )
    return {
        "texts as classes": (make_pipeline(columns(), LogisticRegression()), data, ages),
        "booleans as classes": (make_pipeline(columns(), LogisticRegression()), data, hit == 1),
        "forest": (make_pipeline(columns(), RandomForestClassifier(9, random_state=0)), data, ages),
        "boosting": (make_pipeline(columns(), HistGradientBoostingClassifier(max_iter=9)), data, hit),
        "gaps": (make_pipeline(imputed(), LogisticRegression()), gaps, hit),
        "gaps in a forest": (make_pipeline(imputed(), RandomForestClassifier(9)), gaps, hit),
        "none is a category": (
            make_pipeline(columns(), HistGradientBoostingClassifier(max_iter=9)),
            gaps,
            hit,
        ),
        "ordinals": (make_pipeline(ordinal, HistGradientBoostingClassifier(max_iter=9)), data, hit),
        "refuses": (
            make_pipeline(
                make_column_transformer((MinMaxScaler(), NUMBERS), (OneHotEncoder(drop="first"), TEXTS)),
                LogisticRegression(),
            ),
            data,
            hit,
        ),
        "regressor": (make_pipeline(columns(), LinearRegression()), data, amount),
        "regressing forest": (make_pipeline(columns(), RandomForestRegressor(9)), data, amount),
        "regressing boosting": (
            make_pipeline(columns(), HistGradientBoostingRegressor(max_iter=9)),
            data,
            amount,
        ),
        "two numbers": (make_pipeline(columns(), LinearRegression()), data, np.c_[amount, -amount]),
        "two labels": (
            make_pipeline(columns(), MultiOutputClassifier(LogisticRegression())),
            data,
            np.c_[hit, 1 - hit],
        ),
        "no probabilities": (make_pipeline(columns(), LinearSVC()), data, hit),
        "numbers only": (make_pipeline(StandardScaler(), LogisticRegression()), data[["age", "ratio"]], hit),
        "array": (
            make_pipeline(StandardScaler(), LogisticRegression()),
            data[["age", "ratio"]].to_numpy(),
            hit,
        ),
    }


def save(folder: Path, model: Any, data: Any, *, example: Sequence[dict[str, Any]] = ()) -> Path:
    """Save a fitted model as MLflow would; an array's without a signature."""
    folder.mkdir(parents=True)
    joblib.dump(model, folder / "model.pkl")
    described: dict[str, Any] = {
        "flavors": {
            "python_function": {"predict_fn": "predict", "loader_module": "mlflow.sklearn"},
            "sklearn": {"pickled_model": "model.pkl", "sklearn_version": sklearn.__version__},
        }
    }
    if isinstance(data, pd.DataFrame):
        specs = [
            {"name": name, "type": _TYPES.get(name, "string"), "required": True} for name in data.columns
        ]
        described["signature"] = {"inputs": json.dumps(specs)}
    (folder / "MLmodel").write_text(yaml.safe_dump(described))
    if example:
        (folder / "serving_input_example.json").write_text(json.dumps({"dataframe_records": list(example)}))
    return folder


def fitted(name: str) -> tuple[Any, Any]:
    """A model of the zoo, and the data that it was fitted to."""
    model, data, wanted = zoo()[name]
    return model.fit(data, wanted), data
