import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from platformctl.adapters.envoy.router import Router
from platformctl.adapters.envoy.table import Backend, Deployment, Table
from platformctl.domain.errors import Refused, SpecError
from platformctl.domain.names import Name
from platformctl.domain.route import Route
from tests.router.world import CHURN, V1, V2, V3, World, churn

pytestmark = pytest.mark.quick

# The operating system stops a file at 300 bytes: the write fails in the middle, as on a full disk.
FULL_DISK = """
import resource, sys
from pathlib import Path
from platformctl.adapters.envoy.router import Router
from platformctl.adapters.envoy.table import Backend, Deployment, Table
from platformctl.domain.errors import Refused
from platformctl.domain.route import Route

folder, admin = map(Path, sys.argv[1:])
deployment = Deployment("churn", Route(), (Backend("churn-v9-999999", (folder / "socket",)),))
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
try:
    Router(folder, admin, 8080).write(Table(9, (deployment,)))
except Refused as error:
    print(error)
"""

NOBODY = Table(1, (Deployment(CHURN, Route(), ()),))


def test_the_command_writes_nothing(tmp_path: Path) -> None:
    command = Router(tmp_path / "envoy", tmp_path / "admin.sock", 8080).command()

    assert Path(command[0]).name == "envoy"
    assert list(tmp_path.iterdir()) == []


def test_a_reader_never_sees_half_a_file(world: World) -> None:
    backends = tuple(world.backend(revision) for revision in (V1, V2, V3))
    world.start(churn(*backends, v1=100))
    files = sorted(world.folder.glob("envoy/*/*.json"))
    names = ["clusters.json", *(f"{revision}.json" for revision in (V1, V2, V3)), "routes.json"]
    assert [file.name for file in files] == names
    files.remove(world.folder / "envoy" / "endpoints" / f"{V3}.json")  # it comes and goes
    done, reads = threading.Event(), 0

    def publish_often() -> None:
        for share in range(1, 41):
            world.publish(churn(*backends[: 2 + share % 2], v1=100 - share, v2=share))
        done.set()

    publisher = threading.Thread(target=publish_often)
    publisher.start()
    while not done.is_set() and publisher.is_alive():
        assert all(json.loads(file.read_bytes())["resources"] for file in files)
        reads += 1
    publisher.join()

    assert done.is_set()
    assert reads > 0
    assert [file for file in world.folder.glob("envoy/**/.*") if file.is_file()] == []


def test_the_same_table_makes_the_same_bytes(tmp_path: Path) -> None:
    one, two = (Backend(revision, (tmp_path / revision,)) for revision in (V1, V2))
    written = []
    for backends in ((one, two), (two, one)):
        deployment = Deployment(CHURN, Route(weights={V1: 90, V2: 10}), backends)
        Router(tmp_path / "envoy", tmp_path / "admin.sock", 8080).write(Table(1, (deployment,)))
        files = sorted((tmp_path / "envoy").glob("**/*.json"))
        written.append({file.name: file.read_bytes() for file in files})

    assert len(written[0]) == 5
    assert written[0] == written[1]


def test_a_file_that_somebody_broke_is_written_anew(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    (world.folder / "envoy" / "clusters" / "clusters.json").write_text('{"resources": [{"na')

    world.publish(churn(world.backend(V1), world.backend(V2), v2=100))

    assert world.ask().revision == V2


def test_what_a_killed_writer_left_is_removed_by_the_next_start(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    left = [world.folder / "envoy" / name for name in ("clusters/.clusters.json.7", "routes/.routes.json.7")]
    for file in left:
        file.write_text("{")

    world.router.write(NOBODY)

    assert [file for file in left if file.exists()] == []


def test_a_disk_that_takes_nothing_is_refused_and_says_where(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    blocked = world.folder / "blocked"
    blocked.write_text("a file where the folder should be")

    with pytest.raises(Refused, match=r"could not be written to .*blocked/clusters/clusters.json") as caught:
        Router(blocked, world.admin, world.port).write(NOBODY)

    assert caught.value.hint
    assert world.ask().revision == V1


def test_a_disk_that_is_full_halfway_leaves_the_old_files(world: World) -> None:
    world.start(churn(world.backend(V1), v1=100))
    before = {file: file.read_bytes() for file in world.folder.glob("envoy/**/*") if file.is_file()}

    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, world.folder / "envoy", world.admin],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "could not be written" in said.stdout
    after = {file: file.read_bytes() for file in world.folder.glob("envoy/**/*") if file.is_file()}
    assert after == before


@pytest.mark.parametrize("what", ["admin", "replica"])
def test_a_socket_path_that_no_system_takes_is_refused_before_anything_is_written(
    tmp_path: Path, what: str
) -> None:
    long = tmp_path / ("x" * 104)

    with pytest.raises(SpecError, match="holds 103 bytes") as caught:
        Router(tmp_path, long, 8080) if what == "admin" else Backend(V1, (long,))

    assert caught.value.field == "--home"
    assert list(tmp_path.iterdir()) == []


def test_a_route_to_a_revision_that_is_not_live_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match=f"routes to .*{V2}.*no backend"):
        Deployment(CHURN, Route(weights={V2: 100}), (Backend(V1, ()),))


def test_envoy_itself_finds_the_files_valid(tmp_path: Path) -> None:
    router = Router(tmp_path / "envoy", tmp_path / "admin.sock", 8080)
    backends = tuple(Backend(revision, (tmp_path / revision,)) for revision in (V1, V2))
    fraud = Deployment(Name("fraud"), Route(), ())
    router.write(Table(1, (churn(*backends, v1=90, v2=10), fraud)))

    checked = subprocess.run([*router.command(), "--mode", "validate"], capture_output=True, check=False)

    assert checked.returncode == 0, checked.stderr
    assert checked.stderr == b""


@pytest.mark.parametrize(
    ("named", "error"),
    [("/nowhere/envoy", "PLATFORMCTL_ENVOY: '/nowhere/envoy' is not a program that can be run")],
)
def test_a_variable_that_names_no_program_is_an_error_that_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str, error: str
) -> None:
    monkeypatch.setenv("PLATFORMCTL_ENVOY", named)

    with pytest.raises(SpecError) as caught:
        Router(tmp_path, tmp_path / "admin.sock", 8080).command()

    assert str(caught.value) == error


def test_an_envoy_of_ones_own_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLATFORMCTL_ENVOY", sys.executable)

    assert Router(tmp_path, tmp_path / "admin.sock", 8080).command()[0] == sys.executable
