"""What is downloaded through an MLflow server is what mlflow wrote, byte for byte."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.storage.conftest import Logged, files, storage

pytestmark = pytest.mark.quick


def test_folders_and_odd_names_included(logged: Logged, tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": logged.server}
    ended = storage(f"mlflow-artifacts:/{logged.path}", tmp_path / "models", environ=environ)
    assert (ended.code, files(tmp_path / "models")) == (0, files(logged.stored))
    assert f"{len(files(logged.stored))} files" in ended.said


def test_a_uri_may_name_another_server(logged: Logged, tmp_path: Path) -> None:
    host = urlsplit(logged.server).netloc
    environ = {"MLFLOW_TRACKING_URI": "http://nobody.invalid"}
    ended = storage(f"mlflow-artifacts://{host}/{logged.path}", tmp_path, environ=environ)
    assert (ended.code, files(tmp_path)) == (0, files(logged.stored))


def test_several_at_once_and_what_else_is_there_stays(logged: Logged, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "mine.txt").write_text("mine")
    uri = f"mlflow-artifacts:/{logged.path}"
    environ = {"MLFLOW_TRACKING_URI": logged.server}
    ended = storage(uri, tmp_path / "one", uri, tmp_path / "two", environ=environ)
    assert ended.code == 0
    assert files(tmp_path / "one") == {**files(logged.stored), "mine.txt": b"mine"}
    assert files(tmp_path / "two") == files(logged.stored)


def test_everybody_may_read_it(logged: Logged, tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": logged.server}
    storage(f"mlflow-artifacts:/{logged.path}", tmp_path / "models", environ=environ)
    modes = {path.stat().st_mode & 0o444 for path in (tmp_path / "models").rglob("*")}
    assert modes == {0o444}  # the server's user is another one
