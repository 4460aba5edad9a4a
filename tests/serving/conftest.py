"""Real models saved by MLflow once, and real servers of them shared by the tests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.serving.process import ASSETS, Server, serving, settings


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of saved models; assets/make_models.py says which."""
    folder = tmp_path_factory.mktemp("models")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, str(Path(ASSETS) / "make_models.py"), str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a path short enough for a unix socket."""
    with TemporaryDirectory(prefix="srv") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def skops_server(models: Path) -> Iterator[Server]:
    with TemporaryDirectory(prefix="srv") as name:
        content = settings(models / "skops", Path(name))
        with serving(content, Path(name)) as server:
            yield server


@pytest.fixture(scope="session")
def moods_server(models: Path) -> Iterator[Server]:
    with TemporaryDirectory(prefix="srv") as name:
        content = settings(models / "moods", Path(name))
        with serving(content, Path(name)) as server:
            yield server


@pytest.fixture(scope="session")
def knobs_server(models: Path) -> Iterator[Server]:
    with TemporaryDirectory(prefix="srv") as name:
        content = settings(models / "knobs", Path(name))
        with serving(content, Path(name)) as server:
            yield server
