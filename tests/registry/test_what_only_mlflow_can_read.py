"""Artifact stores that need the mlflow package: it runs in a process of its own, which takes seconds."""

from pathlib import Path

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.domain.errors import Refused
from platformctl.domain.revision import ModelVersion
from tests.mlflow_server import Server
from tests.registry.scene import Logged

pytestmark = pytest.mark.full

_VERSION = ModelVersion(model="churn", version="1", uri="nosuch://bucket/x")


def _files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_what_only_mlflow_can_read_is_read_by_mlflow(
    rest: RestRegistry, server: Server, logged: Logged, tmp_path: Path
) -> None:
    # Its client follows `models:/m-…` through the server, in a process of its own.
    rest.download(_VERSION.model_copy(update={"uri": f"models:/{logged.pickle}"}), tmp_path)
    [stored] = server.folder.rglob(f"{logged.pickle}/artifacts")
    # MLflow adds a note of its own about the name that was asked for.
    assert _files(tmp_path).keys() - {"registered_model_meta"} == _files(stored).keys()
    assert _files(stored).items() <= _files(tmp_path).items()


def test_what_mlflow_cannot_read_either_is_refused_in_its_words(rest: RestRegistry, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"mlflow could not download nosuch://bucket/x"):
        rest.download(_VERSION, tmp_path)
    assert list(tmp_path.iterdir()) == []
