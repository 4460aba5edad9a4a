"""A peer: a BentoML service as its documentation has it. Served from an environment that has bentoml."""

import os
from typing import Any

import bentoml  # type: ignore[import-not-found]  # is in the peer's environment only
import mlflow.pyfunc
import pandas as pd


@bentoml.service
class Churn:
    """One row a request."""

    def __init__(self) -> None:
        self._model = mlflow.pyfunc.load_model(os.environ["SEED_MODEL"])

    @bentoml.api  # type: ignore[untyped-decorator]  # as above
    def predict(self, row: dict[str, Any]) -> list[list[float]]:
        """The probabilities of one row."""
        return self._model.predict(pd.DataFrame([row])).tolist()  # type: ignore[no-any-return]  # mlflow is untyped
