"""Log and register a forest with mlflow itself: `log_forest.py NAME`."""

import sys

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.ensemble import RandomForestClassifier

if __name__ == "__main__":
    random = np.random.default_rng(0)
    rows = pd.DataFrame({"tenure": random.normal(20, 9, 300), "fee": random.normal(5, 2, 300)})
    churned = (rows["fee"] > random.normal(5, 1, 300)).astype(int)
    forest = RandomForestClassifier(9, max_depth=4, random_state=0).fit(rows, churned)
    mlflow.sklearn.log_model(
        forest,
        name="model",
        serialization_format="cloudpickle",
        signature=infer_signature(rows, forest.predict(rows)),
        pip_requirements=["scikit-learn"],
        registered_model_name=sys.argv[1],
    )
