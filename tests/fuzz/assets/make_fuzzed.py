"""Saves the models that are fuzzed, by MLflow itself. `python make_fuzzed.py FOLDER`."""

import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

COUNT = 40
COLUMNS = [
    ColSpec(DataType.long, "age"),
    ColSpec(DataType.integer, "calls"),
    ColSpec(DataType.double, "income"),
    ColSpec(DataType.float, "rate"),
    ColSpec(DataType.boolean, "active"),
    ColSpec(DataType.string, "plan ünï"),
    ColSpec(DataType.binary, "photo"),
    ColSpec(DataType.datetime, "since"),
    ColSpec(DataType.double, "debt", required=False),
    ColSpec(DataType.long, "visits", required=False),
    ColSpec(DataType.string, "note", required=False),
]
PARAMS = [
    ParamSpec("depth", "long", 3),
    ParamSpec("rate", "double", 0.5),
    ParamSpec("mode", "string", "fast"),
    ParamSpec("names", "string", ["x"], (-1,)),
]


def frame() -> pd.DataFrame:
    """Rows of all those columns; each number spreads by more than 1, so that none overflows by scaling."""
    return pd.DataFrame(
        {
            "age": np.arange(COUNT) + 20,
            "calls": np.arange(COUNT, dtype=np.int32),
            "income": np.linspace(0.0, 500.0, COUNT),
            "rate": np.linspace(0.0, 50.0, COUNT, dtype=np.float32),
            "active": [True, False] * (COUNT // 2),
            "plan ünï": ["basic", "plus"] * (COUNT // 2),
            "photo": [b"\x00\xff"] * COUNT,
            "since": pd.date_range("2024-01-01", periods=COUNT),
            "debt": [1.0, np.nan, -90.0, 90.0] * (COUNT // 4),
            "visits": np.arange(COUNT, dtype=float),
            "note": ["", "late", "late", "x"] * (COUNT // 4),
        }
    )


def classifier(rows: pd.DataFrame) -> Any:  # scikit-learn ships no types
    """A pipeline that can be fused and takes whatever the signature lets through."""
    numbers = ["age", "calls", "income", "rate", "debt", "visits"]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
            ("texts", OneHotEncoder(handle_unknown="ignore"), ["plan ünï", "note"]),
            ("flags", "passthrough", ["active"]),
        ]
    )
    return make_pipeline(columns, LogisticRegression()).fit(rows, (rows["age"] >= 40).astype(int))


def main() -> None:
    """Save both."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    options: dict[str, Any] = {"pip_requirements": ["scikit-learn"], "serialization_format": "cloudpickle"}
    signature = ModelSignature(
        inputs=Schema(COLUMNS), outputs=Schema([ColSpec(DataType.long)]), params=ParamSchema(PARAMS)
    )
    mlflow.sklearn.save_model(classifier(frame()), folder / "columns", signature=signature, **options)
    array = np.arange(12.0).reshape(6, 2)
    linear = LinearRegression().fit(array, array.sum(axis=1))
    told = infer_signature(array, linear.predict(array))
    mlflow.sklearn.save_model(linear, folder / "tensor", signature=told, **options)


if __name__ == "__main__":
    main()
