"""A folder that `download` leaves behind without an error holds the version, byte for byte."""

from pathlib import Path

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.adapters.registry.store import StoreRegistry
from platformctl.domain.errors import NotFound, PlatformctlError, Refused, Unreachable
from platformctl.domain.revision import ModelVersion
from platformctl.domain.version_ref import Exact, Newest
from tests.mlflow_server import Server
from tests.registry.scene import SPOKEN, Logged
from tests.registry.stub import Asked, Said, answering

pytestmark = pytest.mark.quick

_VERSION = ModelVersion(model="churn", version="1", uri="mlflow-artifacts:/0/models/m-1/artifacts")


def _files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def _stored(server: Server, model_id: str) -> Path:
    return server.folder / "artifacts" / "0" / "models" / model_id / "artifacts"


def test_it_is_what_mlflow_wrote_folders_included(
    rest: RestRegistry, server: Server, logged: Logged, tmp_path: Path
) -> None:
    stored = _stored(server, logged.skops)
    odd = stored / "extra" / "größe 1 & 2.txt"
    odd.parent.mkdir()
    odd.write_bytes(b"\x00\xff" * 300_000)
    (stored / "extra" / "empty").write_bytes(b"")
    rest.download(rest.resolve(SPOKEN, Newest()), tmp_path)
    assert _files(tmp_path) == _files(stored)
    assert rest.read(rest.resolve(SPOKEN, Newest()), "extra/größe 1 & 2.txt") == odd.read_bytes()


@pytest.mark.parametrize("path", ["../auth.db", "/etc/passwd", "a/../../b", "", "."])
def test_no_path_out_of_the_model_is_read(rest: RestRegistry, path: str) -> None:
    with pytest.raises(Refused, match="not a path inside the model"):
        rest.read(rest.resolve("churn", Exact(1)), path)


@pytest.mark.parametrize("name", ["../../.bashrc", "/etc/cron.d/x", "..", "a\\..\\b", ""])
def test_no_listed_name_leaves_the_folder(tmp_path: Path, name: str) -> None:
    listed = Said({"files": [{"path": name, "is_dir": False, "file_size": 1}]})
    folder = tmp_path / "folder"
    folder.mkdir()
    with answering(lambda _: listed) as stub, pytest.raises(Refused, match="not a path inside the model"):
        RestRegistry(stub.uri, {}).download(_VERSION, folder)
    assert list(tmp_path.rglob("*")) == [folder]


def _one_file(size: object, said: Said) -> object:
    listed = Said({"files": [{"path": "MLmodel", "is_dir": False, "file_size": size}]})

    def answer(asked: Asked) -> Said:
        return listed if "?path=" in asked.target else said

    return answer


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (4, Said("flav", headers={"Content-Length": "400"})),
        ("400", Said("flav")),
        (4, Said("flav", 500)),
        (4, Said({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "gone"}, 404)),
    ],
    ids=["it ends early", "it is smaller than listed", "the store is down", "it was deleted meanwhile"],
)
def test_a_file_that_does_not_come_whole_is_an_error(tmp_path: Path, size: object, said: Said) -> None:
    with answering(_one_file(size, said)) as stub, pytest.raises(PlatformctlError) as error:  # type: ignore[arg-type]
        RestRegistry(stub.uri, {}).download(_VERSION, tmp_path)
    assert isinstance(error.value, Unreachable | NotFound)


def test_a_size_may_be_text_and_the_file_is_whole(tmp_path: Path) -> None:
    with answering(_one_file("4", Said("flav"))) as stub:  # type: ignore[arg-type]
        RestRegistry(stub.uri, {}).download(_VERSION, tmp_path)
    assert _files(tmp_path) == {"MLmodel": b"flav"}


def test_folders_that_contain_themselves_come_to_an_end(tmp_path: Path) -> None:
    nested = Said({"files": [{"path": "again", "is_dir": True}]})
    with answering(lambda _: nested) as stub, pytest.raises(Refused, match="32 folders deep"):
        RestRegistry(stub.uri, {}).download(_VERSION, tmp_path)


def test_files_that_are_gone_are_refused(tmp_path: Path) -> None:
    with answering(lambda _: Said({})) as stub, pytest.raises(Refused, match="there are no files in"):
        RestRegistry(stub.uri, {}).download(_VERSION, tmp_path)


def test_a_full_disk_is_told_as_one(rest: RestRegistry, tmp_path: Path) -> None:
    (tmp_path / "MLmodel").symlink_to("/dev/full")
    with pytest.raises(Refused, match="No space left on device") as error:
        rest.download(rest.resolve("churn", Exact(1)), tmp_path)
    assert "free some space" in str(error.value.hint)


@pytest.mark.usefixtures("logged")
def test_files_behind_a_server_cannot_be_had_without_it(server: Server) -> None:
    told: list[str] = []
    registry = StoreRegistry(server.store, lambda text, hint: told.append(f"{text}; {hint}"))
    with pytest.raises(Refused, match="handed out by an MLflow server"):
        registry.resolve("churn", Exact(1))
    assert len(told) == 1
    assert "platformctl up" in told[0]


def test_files_on_another_machine_are_out_of_reach(rest: RestRegistry, tmp_path: Path) -> None:
    elsewhere = _VERSION.model_copy(update={"uri": "/no/such/mlruns/1/models/m-1/artifacts"})
    with pytest.raises(Refused, match="not on this machine"):
        rest.download(elsewhere, tmp_path)


def test_files_on_this_machine_are_copied(
    rest: RestRegistry, server: Server, logged: Logged, tmp_path: Path
) -> None:
    stored = _stored(server, logged.pickle)
    rest.download(_VERSION.model_copy(update={"uri": stored.as_uri()}), tmp_path)
    assert _files(tmp_path) == _files(stored)
