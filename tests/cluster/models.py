"""Models for the cluster: logged by mlflow itself, into the places that pods get them from."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.fixture import KUBECONFIG
from tests.cluster.stack import Stack, of, read
from tests.mlflow_server import Server, log_churn_like_models

STACK = "PLATFORMCTL_TEST_STACK"
"""The variable that names a file of JSON, for a cluster that was not built here: see `stack.Stack`. Our
images have to be in that cluster by the names in `image_names`, and our ClusterStorageContainer."""

ROWS = {"instances": [{"tenure": 1.0, "fee": 9.0}, {"tenure": 40.0, "fee": 1.0}]}
PREDICTIONS = [1, 0]
"""What each of the models says to ROWS."""


@dataclass(frozen=True)
class Models:
    """One model in three places, as URIs that pods can be given.

    Args:
        s3: Written by MLflow's client into the store.
        proxied: Handed out by the MLflow server.
        folder: Its files on the node, below the stack's volumes; None without such.
    """

    s3: str
    proxied: str
    folder: Path | None


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Stack:
    """Where the things are that a deployment needs."""
    if KUBECONFIG not in os.environ:
        return of(request.getfixturevalue("cluster"))
    if STACK not in os.environ:
        pytest.skip(f"needs to know what there is beside {KUBECONFIG}: {STACK} names a file that says it")
    return read(Path(os.environ[STACK]))


@pytest.fixture(scope="session")
def models(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The registered model `churn`, logged once for all tests."""
    server = Server(stack.registry.uri, tmp_path_factory.mktemp("logged"))
    name = f"churn-{os.urandom(4).hex()}"
    server.call("POST", "/experiments/create", name=name, artifact_location=f"s3://{stack.s3.bucket}/{name}")
    [proxied] = log_churn_like_models(server.uri, server.folder, "churn", "skops")
    environ = {**stack.s3.environment, "MLFLOW_EXPERIMENT_NAME": name}
    [direct] = log_churn_like_models(server.uri, server.folder, "churn", "skops", environ=environ)
    folder = stack.volumes / name if stack.volumes is not None else None
    if folder is not None:
        _download(stack, _location(server, proxied), folder)
    return Models(_location(server, direct), _location(server, proxied), folder)


def _location(server: Server, model: str) -> str:
    found = server.call("GET", f"/logged-models/{model}")
    return str(found["model"]["info"]["artifact_uri"])


def _download(stack: Stack, uri: str, folder: Path) -> None:
    command = [sys.executable, "-m", "platformctl_storage", uri, str(folder)]
    subprocess.run(command, env={**os.environ, "MLFLOW_TRACKING_URI": stack.registry.uri}, check=True)


def credentials(stack: Stack) -> list[Mapping[str, object]]:
    """A Secret with the store's credentials, as KServe reads them, and the service account that has it."""
    s3 = stack.s3
    annotations = {
        "serving.kserve.io/s3-endpoint": s3.endpoint.partition("://")[2],
        "serving.kserve.io/s3-usehttps": "0",
        "serving.kserve.io/s3-region": s3.region,
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "models", "annotations": annotations},
        "stringData": {"AWS_ACCESS_KEY_ID": s3.access_key, "AWS_SECRET_ACCESS_KEY": s3.secret_key},
    }
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "models"},
        "secrets": [{"name": "models"}],
    }
    return [secret, account]
