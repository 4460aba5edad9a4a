"""The tutorial pattern, which everything is compared with: FastAPI around `mlflow.pyfunc`, a DataFrame a row.

`uvicorn benchmarks.serving.seed:app`, with the model's folder in `SEED_MODEL`.
"""

import os
from typing import Any

import mlflow.pyfunc
import pandas as pd
from fastapi import FastAPI

app = FastAPI()
model = mlflow.pyfunc.load_model(os.environ["SEED_MODEL"])


@app.get("/ready")
def ready() -> dict[str, bool]:
    """The model is there once the module is."""
    return {"ready": True}


@app.post("/predict")
def predict(row: dict[str, Any]) -> dict[str, Any]:
    """One row, as a DataFrame of one row."""
    return {"predictions": model.predict(pd.DataFrame([row])).tolist()}
