"""MLflow servers for all tests of the registry, and what is in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from tests.mlflow_server import Server, auth_server, log_churn_like_models, mlflow_server
from tests.registry.scene import KINDS, SPOKEN, Logged


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as running:
        yield running


@pytest.fixture(scope="session")
def logged(server: Server) -> Logged:
    """What mlflow logged into the server: `churn`, and its first version under a name with everything."""
    ids = Logged(*log_churn_like_models(server.uri, server.folder, "churn", *KINDS))
    server.call("POST", "/registered-models/alias", name="churn", alias="champion", version="1")
    server.model(SPOKEN, f"models:/{ids.skops}")
    return ids


@pytest.fixture(scope="session")
def rest(server: Server, logged: Logged) -> RestRegistry:  # noqa: ARG001 - for what is in it
    return RestRegistry(server.uri, {})


@pytest.fixture(scope="session")
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a database without a server, with `churn` in it: skops, bare."""
    folder = tmp_path_factory.mktemp("store")
    log_churn_like_models(f"sqlite:///{folder / 'mlflow.db'}", folder, "churn", "skops", "bare")
    return folder


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with basic authentication, `churn` in it, and the user `nobody` who may not read that."""
    pytest.importorskip("flask_wtf", reason="basic authentication of MLflow needs mlflow[auth]")
    with auth_server(tmp_path_factory.mktemp("guarded")) as running:
        running.model("churn")
        running.call("POST", "/users/create", username="nobody", password="a-password-of-nobody")  # noqa: S106 - a test's
        yield running
