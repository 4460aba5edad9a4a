"""Saves the models that the tests serve, by MLflow itself. `python make_models.py FOLDER`."""

import json
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import joblib
import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from mlflow.models.signature import ModelSignature
from mlflow.types.schema import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

PINS = ["scikit-learn"]  # given, or MLflow spends seconds on finding out


class Moods(mlflow.pyfunc.PythonModel):  # type: ignore[misc]  # mlflow ships no types
    """Answers, raises, waits or returns odd values, as each row's `mood` says."""

    def predict(self, context: object, model_input: pd.DataFrame) -> Any:  # noqa: ARG002 MLflow's signature
        moods = model_input["mood"].tolist()
        for mood in moods:
            if mood.startswith("wait:"):
                _wait(Path(mood.removeprefix("wait:")))
        if "raise" in moods:
            raise RuntimeError("the model is in a bad mood\nsecret second line")
        if "table" in moods:
            return pd.DataFrame({"when": [pd.Timestamp("2024-05-06")], "score": [np.nan]})
        if "objects" in moods:
            return [object()]
        return np.array([np.nan if mood == "nan" else 1.5 for mood in moods])


def _wait(folder: Path) -> None:
    (folder / "started").touch()
    while not (folder / "release").exists():
        time.sleep(0.01)


def frame() -> pd.DataFrame:
    """Rows with one column of each type that MLflow's signatures know."""
    count = 40
    return pd.DataFrame(
        {
            "age": np.arange(count) + 20,
            "income": np.linspace(1.0, 5.0, count),
            "plan": ["basic", "plus"] * (count // 2),
            "active": [True, False] * (count // 2),
            "since": pd.date_range("2024-01-01", periods=count),
        }
    )


def pipeline(rows: pd.DataFrame) -> Any:  # scikit-learn ships no types
    """A classifier that predicts 1 exactly for age >= 40."""
    columns = ColumnTransformer([("number", StandardScaler(), ["age"]), ("text", OneHotEncoder(), ["plan"])])
    model = make_pipeline(columns, LogisticRegression(C=1e6))
    return model.fit(rows, (rows["age"] >= 40).astype(int))


def save_sklearn(folder: Path) -> None:
    """One pipeline in each format, and its siblings."""
    rows = frame()
    model = pipeline(rows)
    options: dict[str, Any] = {
        "signature": infer_signature(rows, model.predict(rows)),
        "pip_requirements": PINS,
    }
    save = mlflow.sklearn.save_model
    save(model, folder / "skops", input_example=rows[:2], serialization_format="skops", **options)
    save(model, folder / "cloudpickle", serialization_format="cloudpickle", **options)
    save(
        model,
        folder / "pickle",
        serialization_format="pickle",
        pyfunc_predict_fn="predict_proba",
        **options,
    )
    tree = DecisionTreeClassifier().fit(rows[["age"]], rows["age"] >= 40)
    trusted = ["sklearn.tree._tree.Tree"]
    save(tree, folder / "trusted", skops_trusted_types=trusted, pip_requirements=PINS)


def save_arrays(folder: Path) -> None:
    """Models fitted on arrays: with a tensor signature, and bare files without MLmodel."""
    array = np.arange(12.0).reshape(6, 2)
    sums = array.sum(axis=1)
    linear = LinearRegression().fit(array, sums)
    mlflow.sklearn.save_model(
        linear,
        folder / "tensor",
        signature=infer_signature(array, sums),
        pip_requirements=PINS,
        serialization_format="skops",
    )
    for name in ("bare", "bare-frame"):
        (folder / name).mkdir()
    joblib.dump(linear, folder / "bare" / "model.joblib")
    named = LinearRegression().fit(pd.DataFrame(array, columns=["a", "b"]), sums)
    joblib.dump(named, folder / "bare-frame" / "model.pkl")


def save_pyfunc(folder: Path) -> None:
    """A model of no known library."""
    mlflow.pyfunc.save_model(
        folder / "moods",
        python_model=Moods(),
        signature=ModelSignature(
            inputs=Schema([ColSpec(DataType.string, "mood")]),
            outputs=Schema([ColSpec(DataType.double, "score")]),
        ),
        input_example=pd.DataFrame({"mood": ["raise"]}),
        pip_requirements=["cloudpickle"],
    )


class Knobs(mlflow.pyfunc.PythonModel):  # type: ignore[misc]  # mlflow ships no types
    """Tells what it was given."""

    def predict(self, context: object, model_input: pd.DataFrame, params: Any = None) -> Any:  # noqa: ARG002 MLflow's signature
        rows = json.loads(model_input.to_json(orient="records"))
        return [json.dumps({"row": row, "params": params}) for row in rows]


def save_knobs(folder: Path) -> None:
    """A model with parameters, and with columns that may be absent."""
    columns = [
        ColSpec(DataType.long, "a"),
        ColSpec(DataType.double, "b", required=False),
        ColSpec(DataType.string, "c", required=False),
    ]
    params = [
        ParamSpec("depth", "long", 3),
        ParamSpec("rate", "double", 0.5),
        ParamSpec("names", "string", ["x"], (-1,)),
    ]
    signature = ModelSignature(inputs=Schema(columns), params=ParamSchema(params))
    mlflow.pyfunc.save_model(
        folder / "knobs", python_model=Knobs(), signature=signature, pip_requirements=["cloudpickle"]
    )


class Hinted(mlflow.pyfunc.PythonModel):  # type: ignore[misc]  # mlflow ships no types
    """A model whose input MLflow checks by its type hint."""

    def predict(self, model_input: list[str]) -> list[int]:
        return [len(text) for text in model_input]


def save_hinted(folder: Path) -> None:
    """A model without columns: its rows are texts."""
    mlflow.pyfunc.save_model(folder / "hinted", python_model=Hinted(), pip_requirements=["cloudpickle"])


def main() -> None:
    """Save all."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    save_sklearn(folder)
    save_arrays(folder)
    save_pyfunc(folder)
    save_knobs(folder)
    save_hinted(folder)


if __name__ == "__main__":
    main()
