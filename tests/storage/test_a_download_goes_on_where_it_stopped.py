"""What breaks off is asked for again, from where it stopped; also by the next run in the same folder."""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path

import pytest

from platformctl_storage.server import Server
from platformctl_storage.settings import settings_of
from tests.registry.stub import Asked, Said, answering
from tests.storage.conftest import NO_PATIENCE, NO_PAUSE, Logged, files, storage

pytestmark = pytest.mark.quick

URI = "mlflow-artifacts:/1/models/m-1/artifacts"
LISTED = Said({"files": [{"path": "MLmodel", "is_dir": False, "file_size": "8"}]})
BROKEN_OFF = Said("flav", headers={"Content-Length": "8"})
REST = Said("ours", HTTPStatus.PARTIAL_CONTENT)
WHOLE = {"MLmodel": b"flavours"}


class Saying:
    """Answers the requests for the one file, one after the other; the last answer stays."""

    def __init__(self, answers: Iterable[Said], listed: Said = LISTED) -> None:
        self._answers, self._listed = list(answers), listed

    def __call__(self, asked: Asked) -> Said:
        if "?path=" in asked.target:
            return self._listed
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def ranges(asked: list[Asked]) -> list[str]:
    return [request.headers.get("Range", "") for request in asked if "?path=" not in request.target]


def test_the_rest_is_asked_for(tmp_path: Path) -> None:
    with answering(Saying([BROKEN_OFF, REST])) as stub:
        ended = storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": stub.uri, **NO_PAUSE})
    assert (ended.code, files(tmp_path)) == (0, WHOLE)
    assert ranges(stub.asked) == ["", "bytes=4-"]


def test_a_server_that_knows_no_ranges_sends_all_of_it(tmp_path: Path) -> None:
    with answering(Saying([BROKEN_OFF, Said("flavours")])) as stub:
        ended = storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": stub.uri, **NO_PAUSE})
    assert (ended.code, files(tmp_path)) == (0, WHOLE)


def test_without_a_size_it_begins_again(tmp_path: Path) -> None:
    listed = Said({"files": [{"path": "MLmodel", "is_dir": False}]})
    with answering(Saying([BROKEN_OFF, Said("flavours")], listed)) as stub:
        ended = storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": stub.uri, **NO_PAUSE})
    assert (ended.code, files(tmp_path)) == (0, WHOLE)
    assert ranges(stub.asked) == ["", ""]


def test_the_next_run_goes_on(tmp_path: Path) -> None:
    with answering(Saying([BROKEN_OFF, REST])) as stub:
        environ = {"MLFLOW_TRACKING_URI": stub.uri, **NO_PATIENCE}
        first = storage(URI, tmp_path, environ=environ)
        there = files(tmp_path)
        second = storage(URI, tmp_path, environ=environ)
    assert (first.code, second.code) == (69, 0)
    assert "ended after 4 of 8 bytes" in first.cause
    assert "MLmodel" not in there  # nobody takes half a file for a whole one
    assert files(tmp_path) == WHOLE
    assert ranges(stub.asked) == ["", "bytes=4-"]


def test_another_model_does_not_go_on_with_it(tmp_path: Path) -> None:
    with answering(Saying([BROKEN_OFF, Said("flavours")])) as stub:
        environ = {"MLFLOW_TRACKING_URI": stub.uri, **NO_PATIENCE}
        storage(URI, tmp_path, environ=environ)
        ended = storage(URI.replace("m-1", "m-2"), tmp_path, environ=environ)
    assert (ended.code, files(tmp_path)) == (0, WHOLE)
    assert ranges(stub.asked) == ["", ""]


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    busy = [Said("busy", status) for status in (429, 500, 502, 503, 504)]
    with answering(Saying([*busy, Said("flavours")])) as stub:
        ended = storage(URI, tmp_path, environ={"MLFLOW_TRACKING_URI": stub.uri, **NO_PAUSE})
    assert (ended.code, files(tmp_path)) == (0, WHOLE)


def test_mlflow_sends_a_rest(logged: Logged, tmp_path: Path) -> None:
    whole = (logged.stored / "MLmodel").read_bytes()
    part = tmp_path / "part"
    part.write_bytes(b"#" * 10)  # so that it is seen whether these are kept
    server = Server(settings_of(f"mlflow-artifacts:/{logged.path}", {"MLFLOW_TRACKING_URI": logged.server}))
    server.save("MLmodel", part, len(whole))
    assert part.read_bytes() == b"#" * 10 + whole[10:]
