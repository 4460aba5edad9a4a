"""Each end but a good one has its exit code, and one JSON line with cause and hint."""

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.registry.stub import Asked, Said, answering
from tests.storage.conftest import NO_PATIENCE, Logged, storage

pytestmark = pytest.mark.quick

URI = "mlflow-artifacts:/1/models/m-1/artifacts"
ONE_FILE = Said({"files": [{"path": "MLmodel", "is_dir": False, "file_size": 4}]})


@pytest.mark.parametrize(
    ("uri", "environ", "words"),
    [
        ("s3://bucket/model", {}, "not a URI of mlflow-artifacts"),
        ("mlflow-artifacts:/", {}, "names no folder"),
        ("mlflow-artifacts:/1/../../etc", {}, "names no folder"),
        ("mlflow-artifacts://5000/1/models", {}, "names a port and no host"),
        (URI, {"MLFLOW_TRACKING_URI": ""}, "MLFLOW_TRACKING_URI is not set"),
        (URI, {"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}, "not the address of an MLflow server"),
        (URI, {"MLFLOW_HTTP_REQUEST_TIMEOUT": "soon"}, "'soon' is not a number"),
        (
            URI,
            {"MLFLOW_TRACKING_URI": "https://x", "MLFLOW_TRACKING_SERVER_CERT_PATH": "/nowhere"},
            "MLFLOW_TRACKING_SERVER_CERT_PATH: No such file",
        ),
    ],
)
def test_settings_that_cannot_be_meant(
    uri: str, environ: Mapping[str, str], words: str, tmp_path: Path
) -> None:
    ended = storage(uri, tmp_path, environ={"MLFLOW_TRACKING_URI": "http://nobody.invalid", **environ})
    assert ended.code == 64
    assert words in ended.cause
    assert ended.hint


def test_arguments_come_in_pairs(tmp_path: Path) -> None:
    assert storage(environ={}).code == 64
    assert storage(URI, environ={}).code == 64
    assert storage(URI, tmp_path, URI, environ={}).code == 64


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_is_told_what_to_set(status: int, tmp_path: Path) -> None:
    with answering(lambda _: Said("You are not authenticated", status)) as stub:
        ended = storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": stub.uri})
    assert (ended.code, str(status) in ended.cause, "MLFLOW_TRACKING_TOKEN" in ended.hint) == (64, True, True)


@pytest.mark.parametrize(
    "said",
    [
        Said("<html>", 200),
        Said([], 200),
        Said("", 302, {"Location": "http://127.0.0.1:9/login"}),
        Said("", 400),
    ],
)
def test_what_is_no_mlflow_server_says_so(said: Said, tmp_path: Path) -> None:
    with answering(lambda _: said) as stub:
        ended = storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": stub.uri})
    assert (ended.code, "MLflow server" in ended.hint) == (64, True)


def test_a_model_that_is_gone(logged: Logged, tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": logged.server}
    ended = storage(f"mlflow-artifacts:/{logged.path}x", tmp_path, environ=environ)
    assert (ended.code, "there are no files in" in ended.cause) == (65, True)


def test_a_file_that_is_gone_meanwhile(tmp_path: Path) -> None:
    gone = Said({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No such artifact"}, 404)
    with answering(lambda asked: ONE_FILE if "?path=" in asked.target else gone) as stub:
        ended = storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": stub.uri})
    assert (ended.code, "No such artifact" in ended.cause) == (65, True)


def test_a_file_that_is_longer_than_listed(tmp_path: Path) -> None:
    with answering(lambda asked: ONE_FILE if "?path=" in asked.target else Said("flavours")) as stub:
        ended = storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": stub.uri})
    assert (ended.code, "more than the 4 bytes" in ended.cause) == (65, True)


def test_nobody_there(tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}", **NO_PATIENCE}
    ended = storage(URI, tmp_path, environ=environ)
    assert (ended.code, "Connection refused" in ended.cause) == (69, True)


def test_no_password_is_shown(tmp_path: Path) -> None:
    environ = {"MLFLOW_TRACKING_URI": f"http://me:my-secret@127.0.0.1:{free_port()}", **NO_PATIENCE}
    ended = storage(URI, tmp_path, environ=environ)
    assert ended.code == 69
    assert "my-secret" not in ended.said


def test_a_folder_that_is_a_file(logged: Logged, tmp_path: Path) -> None:
    (tmp_path / "models").touch()
    environ = {"MLFLOW_TRACKING_URI": logged.server}
    ended = storage(f"mlflow-artifacts:/{logged.path}", tmp_path / "models", environ=environ)
    assert (ended.code, str(tmp_path / "models") in ended.cause) == (73, True)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("user_info", "environ", "header"),
    [
        ("", {}, None),
        ("me:p%40ss@", {"MLFLOW_TRACKING_TOKEN": "t"}, basic("me", "p@ss")),
        (
            "",
            {
                "MLFLOW_TRACKING_USERNAME": "a",
                "MLFLOW_TRACKING_PASSWORD": "b",
                "MLFLOW_TRACKING_TOKEN": "t",
            },
            basic("a", "b"),
        ),
        ("", {"MLFLOW_TRACKING_TOKEN": "t"}, "Bearer t"),
    ],
)
def test_the_server_is_told_who_we_are(
    user_info: str, environ: Mapping[str, str], header: str | None, tmp_path: Path
) -> None:
    def answer(asked: Asked) -> Said:
        return ONE_FILE if "?path=" in asked.target else Said("flav")

    with answering(answer) as stub:
        uri = stub.uri.replace("http://", f"http://{user_info}")
        assert storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": uri, **environ}).code == 0
    assert {asked.headers.get("Authorization") for asked in stub.asked} == {header}
