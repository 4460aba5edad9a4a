"""`python -m customers.train FOLDER`: trains a small churn model, and saves it as MLflow does."""

import sys

import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def main() -> None:
    """Customers that call often leave."""
    often = 20
    rows = pd.DataFrame(
        {"calls": range(40), "plan": ["basic", "plus"] * 20, "months": [n % 24 for n in range(40)]}
    )
    columns = make_column_transformer(
        (StandardScaler(), ["calls", "months"]), (OneHotEncoder(handle_unknown="ignore"), ["plan"])
    )
    model = make_pipeline(columns, LogisticRegression()).fit(rows, (rows["calls"] > often).astype(int))
    mlflow.sklearn.save_model(
        model,
        sys.argv[1],
        signature=infer_signature(rows, model.predict(rows)),
        input_example=rows[:2],
        pip_requirements=["scikit-learn"],
    )


if __name__ == "__main__":
    main()
