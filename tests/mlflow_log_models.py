"""Log tiny models with mlflow itself: `mlflow_log_models.py MODEL FORMAT…`; prints their ids.

A program of its own: importing mlflow takes seconds, and it can go on beside a server that starts.
"""

import sys
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import sklearn
from sklearn.linear_model import LogisticRegression

_ROWS = pd.DataFrame({"tenure": [1.0, 2.0, 30.0, 40.0], "fee": [9.0, 8.0, 2.0, 1.0]})
_CHURNED = np.array([1, 1, 0, 0])


class _Constant(mlflow.pyfunc.PythonModel):  # type: ignore[misc]  # mlflow ships no types
    """A model of no library: its answer is always 0."""

    def predict(self, context: object, model_input: pd.DataFrame) -> np.ndarray:  # noqa: ARG002 - mlflow's signature
        return np.zeros(len(model_input))


def _log(model: str, kind: str) -> str:
    if kind == "pyfunc":
        function = mlflow.pyfunc.log_model(
            name="model", python_model=_Constant(), pip_requirements=[], registered_model_name=model
        )
        return str(function.model_id)
    described: dict[str, Any] = {} if kind == "bare" else {"input_example": _ROWS[:2]}
    pins = [f"scikit-learn=={sklearn.__version__}", "tabulate==0.9.0"]  # not the newest: see that it is kept
    logged = mlflow.sklearn.log_model(
        LogisticRegression().fit(_ROWS, _CHURNED),
        name="model",
        serialization_format={"bare": "cloudpickle", "pinned": "skops"}.get(kind, kind),
        pip_requirements=pins if kind == "pinned" else ["scikit-learn"],
        registered_model_name=model,
        **described,
    )
    return str(logged.model_id)


if __name__ == "__main__":
    print(*[_log(sys.argv[1], kind) for kind in sys.argv[2:]])  # noqa: T201 - that is what it is for
