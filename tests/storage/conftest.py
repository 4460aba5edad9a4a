"""A real MLflow server that hands out artifacts, and a model that mlflow itself has logged into it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mlflow_server import log_churn_like_models, mlflow_server

PROGRAM = (sys.executable, "-m", "platformctl_storage")
NO_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
NO_PAUSE = {"MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0"}


@dataclass(frozen=True)
class Logged:
    """A model.

    Args:
        server: The address of the server that has it.
        stored: Where that server keeps its files.
    """

    server: str
    path: str
    stored: Path


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    said: str

    @property
    def cause(self) -> str:
        return str(self._last["cause"])

    @property
    def hint(self) -> str:
        return str(self._last["hint"])

    @property
    def _last(self) -> dict[str, object]:
        last: dict[str, object] = json.loads(self.said.splitlines()[-1])
        assert (last["platformctl"], last["code"]) == ("exit", self.code)
        return last


def storage(*arguments: str | Path, environ: Mapping[str, str]) -> Ended:
    """Run the program as an init container does."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    command = [*PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, env={**ours, **environ}, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    return Ended(done.returncode, done.stderr)


def files(root: Path) -> dict[str, bytes]:
    """What lies below a folder, by path."""
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.fixture(scope="session")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logged]:
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder) as server:
        [model] = log_churn_like_models(server.uri, folder, "churn", "skops")
        path = f"0/models/{model}/artifacts"
        odd = folder / "artifacts" / path / "extra" / "größe 1 & 2.txt"
        odd.parent.mkdir()
        odd.write_bytes(b"\x00\xff" * 300_000)
        (odd.parent / "empty").touch()
        yield Logged(server.uri, path, folder / "artifacts" / path)
