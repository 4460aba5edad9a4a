"""`platformctl model onnx` against a real MLflow server: a new version, which serves by ONNX Runtime."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.domain.version_ref import Exact
from platformctl_predictors.formats import onnx
from tests.mlflow_server import Server, log_churn_like_models, mlflow_server
from tests.ports import free_port

pytestmark = pytest.mark.full

ASSETS = Path(__file__).parent / "assets"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two versions of churn, by skops and of no library at all, and a forest."""
    folder = tmp_path_factory.mktemp("registry")
    with mlflow_server(folder) as server:
        log_churn_like_models(server.uri, folder, "churn", "skops", "pyfunc")
        log_forest(server.uri, folder, "forest")
        yield server


def log_forest(uri: str, folder: Path, name: str) -> None:
    """A model whose export is never equal to the last bit."""
    done = subprocess.run(
        [sys.executable, str(ASSETS / "log_forest.py"), name],
        env={**os.environ, "MLFLOW_TRACKING_URI": uri},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def platformctl(uri: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        [sys.executable, "-m", "platformctl", "--registry", uri, "--home", str(home), *arguments],
        env={**environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_an_equal_export_is_a_new_version(registry: Server, tmp_path: Path) -> None:
    ran = platformctl(registry.uri, tmp_path, "model", "onnx", "churn", "--version", "1", "--output", "json")
    assert ran.returncode == 0, ran.stderr
    printed = json.loads(ran.stdout)
    assert (printed["passed"], printed["version"], printed["folder"]) == (True, "3", None)
    assert printed["report"]["counts"]["rows"] >= 10_000

    made = registry.call("GET", "/model-versions/get?name=churn&version=3")["model_version"]
    tags = {tag["key"]: tag["value"] for tag in made["tags"]}
    assert tags == {"platformctl.onnx.source": "1", "platformctl.onnx.gate": "passed"}

    models, folder = RestRegistry(registry.uri, {}), tmp_path / "model"
    folder.mkdir()
    models.download(models.resolve("churn", Exact(3)), folder)
    before = tmp_path / "before"
    before.mkdir()
    models.download(models.resolve("churn", Exact(1)), before)
    for file in (path for path in before.rglob("*") if path.is_file()):
        assert (folder / file.relative_to(before)).read_bytes() == file.read_bytes()
    assert onnx.exported(folder, folder / "model.skops") is not None


def test_what_is_said_on_a_terminal(registry: Server, tmp_path: Path) -> None:
    ran = platformctl(registry.uri, tmp_path, "model", "onnx", "churn", "--version", "1", "--count", "200")
    assert ran.returncode == 0, ran.stderr
    version = registry.call("GET", "/registered-models/get?name=churn")["registered_model"][
        "latest_versions"
    ][0]["version"]
    assert ran.stdout.splitlines()[-1] == f"it is version {version} of churn"
    assert ran.stderr.splitlines()[-1] == f"  platformctl deploy churn --version {version} --canary 10"


def test_a_failed_gate_registers_nothing(registry: Server, tmp_path: Path) -> None:
    count = len(registry.call("GET", "/model-versions/search")["model_versions"])
    ran = platformctl(
        *(registry.uri, tmp_path, "model", "onnx", "forest", "--count", "300"),
        *("--tolerance", "0", "--share", "1"),
    )
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.startswith("the ONNX export of forest v1 is not equal: ")
    assert "  row " in ran.stdout
    assert "next:" not in ran.stderr
    assert len(registry.call("GET", "/model-versions/search")["model_versions"]) == count


def test_another_library_is_refused_before_anything_is_downloaded(registry: Server, tmp_path: Path) -> None:
    ran = platformctl(registry.uri, tmp_path, "model", "onnx", "churn", "--version", "2")
    assert ran.returncode == 1
    assert "only scikit-learn models can be exported" in ran.stderr


def test_a_registry_that_is_down_is_unreachable(tmp_path: Path) -> None:
    ran = platformctl(f"http://127.0.0.1:{free_port()}", tmp_path, "model", "onnx", "churn")
    assert ran.returncode == 3
    assert "hint:" in ran.stderr
