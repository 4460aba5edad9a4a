"""Fit the demo's versions and log them to an MLflow server: `python -m platformctl.demo.training FOLDER`.

A process of its own: importing mlflow takes seconds, which pass while the stack starts. The address of the
server is read from standard input, once there is one. Each version, once registered, is one line of JSON on
standard output (`Trained`). Versions that an earlier demo has logged, and that would be the same, are used
again. Everything in the registry that is the demo's carries the tag `platformctl.demo`.
"""

import hashlib
import json
import logging
import os
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

from platformctl.demo.trained import ALIASES, ALONE, MODEL, REFUSED, TRAFFIC_ROWS, Trained, traffic_file

TAG = "platformctl.demo"
AUC_TAG = "auc"
ID_TAG = "platformctl.demo.model"
EXPERIMENT = "platformctl demo"

_PINNED = ("mlflow", "scikit-learn", "skops", "numpy", "pandas")
"""What the model needs to be loaded. Pinned here: inferring them would take longer than all the rest."""

_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
}

os.environ.update(_QUIET)  # mlflow reads these while it is imported

import mlflow  # noqa: E402 - after its environment
from mlflow import MlflowClient  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.models import infer_signature  # noqa: E402

from platformctl.demo import churn  # noqa: E402 - imports scikit-learn


def main(folder: Path, addresses: TextIO, out: TextIO) -> int:
    """Write the traffic file, then log what is missing; answer the exit code."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    churn.today(TRAFFIC_ROWS).to_csv(traffic_file(folder), index=False)
    address = addresses.readline().strip()
    if not address:  # who started us is gone; without an address mlflow would make a store of its own here
        return ALONE
    mlflow.set_tracking_uri(address)
    client = MlflowClient()
    stranger = _stranger(client)
    if stranger:
        sys.stderr.write(stranger + "\n")
        return REFUSED
    for recipe, alias in zip(churn.RECIPES, ALIASES, strict=True):
        trained = _known(client, recipe) or _log(recipe)
        if alias:
            client.set_registered_model_alias(MODEL, alias, trained.version)
        out.write(json.dumps(asdict(trained)) + "\n")
        out.flush()
    return 0


def _stranger(client: MlflowClient) -> str | None:
    """Say what in the registry has the demo's name and is not the demo's; make its place if there is none."""
    try:
        model = client.get_registered_model(MODEL)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        client.create_registered_model(MODEL, tags={TAG: "true"}, description="Made by `platformctl demo`.")
        return None
    if TAG not in model.tags:
        return f"the registry has a model {MODEL!r} that the demo did not make"
    own = [found.version for found in _versions(client) if TAG not in found.tags]
    return f"version {own[0]} of {MODEL!r} in the registry is not the demo's" if own else None


def _versions(client: MlflowClient) -> list[Any]:
    return list(client.search_model_versions(f"name='{MODEL}'"))


def _known(client: MlflowClient, recipe: churn.Recipe) -> Trained | None:
    """The version that an earlier demo made of the same recipe."""
    for found in _versions(client):
        if found.tags[TAG] == _digest(recipe) and found.status == "READY":
            tags = found.tags
            return Trained(str(found.version), tags[ID_TAG], recipe.title, float(tags[AUC_TAG]))
    return None


def _log(recipe: churn.Recipe) -> Trained:
    """Fit, log and register one version."""
    pipeline = churn.fit(recipe)
    auc = churn.auc(pipeline)
    example = churn.history(3)[list(churn.COLUMNS)]
    mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_name=recipe.title):
        logged = mlflow.sklearn.log_model(
            pipeline,
            name=MODEL,
            signature=infer_signature(example, pipeline.predict(example)),
            input_example=example,
            pip_requirements=_requirements(),
        )
        mlflow.log_metric("auc", auc, model_id=logged.model_id)
    tags = {TAG: _digest(recipe), AUC_TAG: f"{auc:.4f}", ID_TAG: logged.model_id}
    registered = mlflow.register_model(logged.model_uri, MODEL, tags=tags)
    return Trained(str(registered.version), logged.model_id, recipe.title, auc)


def _requirements() -> list[str]:
    return [f"{package}=={version(package)}" for package in _PINNED]


def _digest(recipe: churn.Recipe) -> str:
    """What a version is made of: the recipe, this program, the libraries."""
    source = Path(churn.__file__).read_bytes() + Path(__file__).read_bytes()
    return hashlib.sha256(source + repr((recipe, _requirements())).encode()).hexdigest()[:16]


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.stdin, sys.stdout))
