"""Saves the two models that both servers serve. `python make_served.py FOLDER`."""

import logging
import sys
import warnings
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

COUNT = 40
MIDDLE = 40


def main() -> None:
    """A classifier on columns, and a regressor on arrays."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    shuffle = np.random.default_rng(0).permutation
    rows = pd.DataFrame(
        {
            "age": np.arange(COUNT) + 20,
            "income": shuffle(np.linspace(1.0, 5.0, COUNT)),
            "rate": shuffle(np.linspace(0.0, 1.0, COUNT, dtype=np.float32)),
            "plan": ["basic", "plus"] * (COUNT // 2),
            "active": [True, False] * (COUNT // 2),
        }
    )
    texts = OneHotEncoder(handle_unknown="ignore")
    numbers = ["age", "income", "rate"]
    columns = ColumnTransformer(
        [("n", StandardScaler(), numbers), ("t", texts, ["plan"])], remainder="passthrough"
    )
    classifier = make_pipeline(columns, LogisticRegression(C=1e6, max_iter=1000)).fit(
        rows, (rows["age"] >= MIDDLE).astype(int)
    )
    array = np.arange(12.0).reshape(6, 2)
    regressor = LinearRegression().fit(array, array.sum(axis=1))
    for name, model, example in (("frame", classifier, rows), ("array", regressor, array)):
        signature = infer_signature(example, model.predict(example))
        mlflow.sklearn.save_model(
            model,
            folder / name,
            signature=signature,
            serialization_format="cloudpickle",
            pip_requirements=["scikit-learn"],
        )


if __name__ == "__main__":
    main()
