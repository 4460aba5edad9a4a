"""Fit the three churn pipelines, have MLflow save them, and write rows with their scores.

`python -m benchmarks.serving.train FOLDER`: a process of its own, so that the load generator imports
neither MLflow nor scikit-learn. In the folder: `lr`, `rf`, `hgb`, and `rows.json`: a list of
`{"row": {column: value}, "scores": {model: probability of leaving}}`.
"""

import json
import logging
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
from mlflow.models import infer_signature
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from platformctl.demo import churn

SEED = 7
TRAINED_ROWS = 20_000
ASKED_ROWS = 2_000
PINS = [f"{name}=={version(name)}" for name in ("mlflow", "scikit-learn", "skops", "cloudpickle")]


def pipelines() -> dict[str, Pipeline]:
    """The three, not fitted yet."""
    return {
        "lr": _pipeline(LogisticRegression(max_iter=500)),
        "rf": _pipeline(RandomForestClassifier(200, max_depth=10, random_state=SEED)),
        "hgb": _pipeline(HistGradientBoostingClassifier(random_state=SEED)),
    }


def _pipeline(classifier: Any) -> Pipeline:  # scikit-learn ships no types
    columns = ColumnTransformer(
        [
            ("numeric", StandardScaler(), list(churn.NUMERIC)),
            ("categorical", OneHotEncoder(handle_unknown="ignore"), list(churn.CATEGORICAL)),
        ]
    )
    return Pipeline([("columns", columns), ("classifier", classifier)])


def main(folder: Path) -> None:
    """Write all of it."""
    data = churn.history(TRAINED_ROWS, SEED)
    taken, left = data[list(churn.COLUMNS)], data[churn.LABEL]
    asked = churn.today(ASKED_ROWS)
    scores = {}
    for name, pipeline in pipelines().items():
        pipeline.fit(taken, left)
        scores[name] = pipeline.predict_proba(asked)[:, 1].tolist()
        mlflow.sklearn.save_model(
            pipeline,
            folder / name,
            signature=infer_signature(taken, pipeline.predict_proba(taken[:5])),
            input_example=taken[:5],
            pyfunc_predict_fn="predict_proba",
            serialization_format="skops" if name == "lr" else "cloudpickle",
            pip_requirements=PINS,
        )
    rows = [
        {"row": row, "scores": {name: of_model[i] for name, of_model in scores.items()}}
        for i, row in enumerate(asked.to_dict("records"))
    ]
    (folder / "rows.json").write_text(json.dumps(rows))


if __name__ == "__main__":
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
