"""A peer: kserve's own server with a `kserve.Model` as its tutorial has it, and all its defaults.

`python -m benchmarks.serving.peer_kserve --http_port PORT`, with the model's folder in `SEED_MODEL`.
"""

import os
from typing import Any

import kserve
import mlflow.pyfunc
import pandas as pd

NAME = "churn"


class Churn(kserve.Model):  # type: ignore[misc]  # kserve's classes are untyped
    """A DataFrame of what came."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._model = mlflow.pyfunc.load_model(os.environ["SEED_MODEL"])
        self.ready = True

    def predict(self, payload: dict[str, Any], headers: dict[str, str] | None = None) -> dict[str, Any]:  # noqa: ARG002 kserve's signature
        """V1."""
        return {"predictions": self._model.predict(pd.DataFrame(payload["instances"])).tolist()}


if __name__ == "__main__":
    kserve.ModelServer(enable_grpc=False).start([Churn(NAME)])
