import socket
from pathlib import Path

import pytest

from platformctl.adapters.local import foreseen
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.stack import Wanted
from platformctl.domain.errors import SpecError
from platformctl.domain.names import Name
from tests.local.world import LocalWorld
from tests.ports import free_port

pytestmark = pytest.mark.quick


def test_up_says_what_does_not_run_and_makes_no_folder(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    assert foreseen.up(home, Wanted(), check=False) == ["start supervisord", "start envoy", "start mlflow"]
    assert foreseen.down(home, purge=True) == []
    assert not home.root.exists()


def test_up_finds_a_taken_port_when_the_target_is_asked(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = Wanted(port=taken.getsockname()[1], mlflow_port=free_port())
        assert foreseen.up(home, wanted, check=False)
        with pytest.raises(SpecError, match="cannot be used") as caught:
            foreseen.up(home, wanted, check=True)
    assert caught.value.field == "--port"


def test_what_runs_would_be_stopped_and_not_started(shared: LocalWorld, name: Name) -> None:
    revision = shared.revision(name)
    shared.prepared(revision)
    assert foreseen.up(shared.home, Wanted(registry=False), check=True) == []
    stopped = foreseen.down(shared.home, purge=True)
    assert stopped[:2] == ["stop supervisord", "stop envoy"]
    assert f"stop {revision.id}.0" in stopped
    assert stopped[-1] == f"remove {shared.home.root}"
    assert shared.status(revision).is_ready
