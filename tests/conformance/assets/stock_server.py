"""A server as kserve's documentation has it, with nothing of ours. `stock_server.py FOLDER HTTP GRPC`."""

import pickle
import sys
from pathlib import Path
from typing import Any

import kserve
import numpy as np
import pandas as pd
from kserve.utils.utils import generate_uuid


class Served(kserve.Model):  # type: ignore[misc]  # kserve ships no types
    """A scikit-learn estimator."""

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name)
        self._estimator = pickle.loads((folder / "model.pkl").read_bytes())  # noqa: S301 the test's own
        self.ready = True

    async def predict(self, payload: Any, headers: object = None, **_: object) -> Any:  # noqa: ARG002 kserve's
        if isinstance(payload, dict):
            return {"predictions": self._estimator.predict(self._rows(payload["instances"])).tolist()}
        result = self._estimator.predict(self._tensors(payload.inputs))
        output = kserve.InferOutput("predict", list(result.shape), _datatype(result))
        output.set_data_from_numpy(result, binary_data=payload.use_binary_outputs)
        return kserve.InferResponse(payload.id or generate_uuid(), self.name, [output])

    def _rows(self, rows: list[Any]) -> Any:
        if not hasattr(self._estimator, "feature_names_in_"):
            return np.array(rows)
        names = self._estimator.feature_names_in_
        return pd.DataFrame(rows, columns=names)

    def _tensors(self, inputs: list[Any]) -> Any:
        if not hasattr(self._estimator, "feature_names_in_"):
            return inputs[0].as_numpy()
        return pd.DataFrame({tensor.name: _column(tensor) for tensor in inputs})[
            list(self._estimator.feature_names_in_)
        ]


def _column(tensor: Any) -> Any:
    values = tensor.as_numpy().ravel()
    if tensor.datatype == "BYTES":
        return [value.decode() if isinstance(value, bytes) else value for value in values.tolist()]
    return values


def _datatype(result: Any) -> str:
    return {"i": "INT64", "f": "FP64"}[result.dtype.kind]


if __name__ == "__main__":
    models = [Served(name, Path(sys.argv[1]) / name) for name in ("frame", "array")]
    kserve.ModelServer(http_port=int(sys.argv[2]), grpc_port=int(sys.argv[3]), workers=1).start(models)
