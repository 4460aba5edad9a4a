"""Whatever a server lists, files come to lie in the folder that was named, and nowhere else."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl_storage import listing
from platformctl_storage.exits import Exit
from tests.registry.stub import Asked, Said, answering
from tests.storage.conftest import storage

pytestmark = pytest.mark.quick

URI = "mlflow-artifacts:/1/models/m-1/artifacts"


@given(st.text())
def test_a_name_is_one_below_its_folder_or_refused(name: str) -> None:
    body = json.dumps({"files": [{"path": name, "is_dir": False}]}).encode()
    try:
        [entry] = listing.read(body, "code")
    except Exit:
        return
    path = Path("/mnt/models") / entry.path
    assert (path.parent, path.name) == (Path("/mnt/models/code"), name)


@pytest.mark.parametrize("name", ["../../.bashrc", "/etc/cron.d/x", "..", ".", "a\\..\\b", "", None, 7])
def test_a_name_that_leads_elsewhere_ends_it(tmp_path: Path, name: object) -> None:
    listed = Said({"files": [{"path": name, "is_dir": False, "file_size": 1}]})
    with answering(lambda _: listed) as stub:
        ended = storage(URI, tmp_path / "models", environ={"MLFLOW_TRACKING_URI": stub.uri})
    assert ended.code == 65
    assert "which is no name of a file there" in ended.cause
    assert {path.name for path in tmp_path.iterdir()} == {"models"}


def test_a_link_that_is_there_already_is_not_followed(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Said:
        if asked.target.endswith("code"):
            return Said({"files": [{"path": "x", "is_dir": False, "file_size": 1}]})
        return Said({"files": [{"path": "code", "is_dir": True}]} if "?path=" in asked.target else "x")

    (tmp_path / "models").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "models" / "code").symlink_to(tmp_path / "elsewhere")
    with answering(answer) as stub:
        ended = storage(URI, tmp_path / "models", environ={"MLFLOW_TRACKING_URI": stub.uri})
    assert ended.code == 73
    assert not list((tmp_path / "elsewhere").iterdir())


def test_folders_that_contain_themselves_come_to_an_end(tmp_path: Path) -> None:
    nested = Said({"files": [{"path": "again", "is_dir": True}]})
    with answering(lambda _: nested) as stub:
        ended = storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": stub.uri})
    assert (ended.code, "32 folders deep" in ended.cause) == (65, True)
