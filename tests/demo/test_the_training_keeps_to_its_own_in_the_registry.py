"""`python -m platformctl.demo.training`, as the demo starts it, against a real MLflow server."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml

from platformctl.demo.trained import Trained, parse
from tests.mlflow_server import Server, mlflow_server

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as running:
        yield running


def train(server: Server, folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "platformctl.demo.training", str(folder)],
        input=f"{server.uri}\n",
        capture_output=True,
        text=True,
        check=False,
    )


def versions(ended: "subprocess.CompletedProcess[str]") -> Sequence[Trained]:
    assert ended.returncode == 0, ended.stderr
    return [parse(line) for line in ended.stdout.splitlines()]


def forget(server: Server) -> None:
    server.call("DELETE", "/registered-models/delete", name="churn")


def test_three_versions_are_logged_once_with_all_that_deploy_wants(server: Server, tmp_path: Path) -> None:
    first, again = versions(train(server, tmp_path)), versions(train(server, tmp_path))
    assert [trained.version for trained in first] == ["1", "2", "3"]
    assert [(t.version, t.model_id) for t in again] == [(t.version, t.model_id) for t in first]
    model = server.call("GET", "/registered-models/get?name=churn")["registered_model"]
    aliases = {alias["alias"]: alias["version"] for alias in model["aliases"]}
    assert aliases == {"champion": "1", "challenger": "2"}
    for trained in first:
        path = f"{server.uri}/model-versions/get-artifact?name=churn&version={trained.version}&path="
        mlmodel = yaml.safe_load(urlopen(f"{path}MLmodel").read())  # noqa: S310 - the URI is ours
        assert mlmodel["flavors"]["sklearn"]["serialization_format"] == "skops"
        assert set(mlmodel["signature"]) >= {"inputs", "outputs"}
        assert mlmodel["saved_input_example_info"]["artifact_path"] == "input_example.json"
        requirements = urlopen(f"{path}requirements.txt").read().decode()  # noqa: S310 - as above
        assert f"scikit-learn=={version('scikit-learn')}" in requirements.splitlines()
    forget(server)


def test_a_persons_own_model_of_that_name_is_not_touched(server: Server, tmp_path: Path) -> None:
    server.model("churn")
    ended = train(server, tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.splitlines()[-1] == "the registry has a model 'churn' that the demo did not make"
    assert (
        "latest_versions" not in server.call("GET", "/registered-models/get?name=churn")["registered_model"]
    )
    forget(server)


def test_a_persons_own_version_of_the_demos_model_is_not_touched(server: Server, tmp_path: Path) -> None:
    trained = versions(train(server, tmp_path))
    assert server.register("churn", f"models:/{trained[1].model_id}") == "4"
    ended = train(server, tmp_path)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.splitlines()[-1] == "version 4 of 'churn' in the registry is not the demo's"
    forget(server)


def test_whoever_started_it_may_die_and_nothing_is_logged_anywhere(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "platformctl.demo.training", str(tmp_path)],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (4, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]
