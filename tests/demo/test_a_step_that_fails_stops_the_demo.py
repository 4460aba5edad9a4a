import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tests.demo.place import Place

pytestmark = pytest.mark.quick


def test_a_taken_port_is_the_error_of_up_and_ends_the_demo(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = replace(Place.below(tmp_path), port=taken.getsockname()[1])
        ended = place.demo()
    own, _, last = ended.said.partition(f"error: `platformctl up --port {place.port} --mlflow-port ")
    assert ended.code == 2, ended.said
    assert "error: --port: " in own
    assert last.startswith(f"{place.mlflow_port}` ended with 2; the demo stops here\nhint: ")
    assert not (place.home / "state.json").exists()


def test_a_folder_with_a_persons_files_is_not_made_a_home(tmp_path: Path) -> None:
    place = Place.below(tmp_path)
    place.home.mkdir()
    (place.home / "thesis.tex").touch()
    ended = place.demo()
    assert ended.code == 2
    assert ended.said.startswith(f"error: --home: {place.home} is not empty: thesis.tex\n")
    assert [path.name for path in place.home.iterdir()] == ["thesis.tex"]
