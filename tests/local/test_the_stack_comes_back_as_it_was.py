"""One life of a stack: up, up again, killed in each of its parts, down, up."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from platformctl.adapters.local import orphans
from platformctl.adapters.local.stack import Wanted
from platformctl.domain.errors import Conflict, Refused, SpecError, StateCorrupt, Unreachable
from platformctl.domain.names import Name
from platformctl.domain.revision import Revision, Scale
from tests.local.world import LocalWorld, until
from tests.ports import free_port

pytestmark = pytest.mark.quick

NAME = Name("churn")

_UP = """
import sys
from pathlib import Path
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.stack import Stack, Wanted
up = Stack(Home.at(Path(sys.argv[1]))).up(Wanted(port=int(sys.argv[2]), registry=False))
print("already" if up.already else "started")
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorld]:
    """A stack of this module's own: its tests stop it, and start it again."""
    world = LocalWorld(tmp_path_factory.mktemp("lives"))
    world.up()
    yield world
    world.stack.down(purge=True)


@pytest.fixture(scope="module")
def serving(world: LocalWorld) -> Revision:
    """A revision that has everything."""
    revision = world.revision(NAME, 7)
    world.prepared(revision)
    world.serve(revision)
    return revision


def _runs(pid: int) -> bool:
    """Whether it runs. In a container nobody may reap an orphan that has ended."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _serves_the_same(world: LocalWorld, serving: Revision) -> None:
    world.until_ready(serving)
    seen = world.observe(NAME)
    assert dict(seen.route.weights) == {serving.id: 100}
    assert seen.rollout.stable == serving
    assert world.answers(NAME, 7)


def test_a_second_up_says_that_it_is_up(world: LocalWorld) -> None:
    before = world.stack.status()
    again = world.up()
    assert (again.already, again.port, again.not_ready) == (True, world.port, ())
    assert world.stack.status() == before


def test_another_port_is_a_conflict_while_it_is_up(world: LocalWorld) -> None:
    with pytest.raises(Conflict, match=f"up at port {world.port}") as conflict:
        world.stack.up(Wanted(port=free_port(), registry=False))
    assert conflict.value.field == "--port"


def test_the_status_names_each_part_and_its_process(world: LocalWorld) -> None:
    status = world.stack.status()
    assert status.is_up
    assert {part.name for part in status.parts} == {"supervisord", "envoy"}
    assert all(part.pid and _runs(part.pid) for part in status.parts)
    assert (status.url, status.registry) == (f"http://127.0.0.1:{world.port}", None)


def test_the_stack_is_no_part_of_our_session(world: LocalWorld) -> None:
    supervisord = psutil.Process(world.supervisor.pid())
    assert os.getsid(supervisord.pid) != os.getsid(0)
    assert not supervisord.terminal()
    assert {str(Path(f"/proc/{supervisord.pid}/fd/{n}").readlink()) for n in (0, 1, 2)} == {"/dev/null"}


def test_a_killed_router_serves_the_same_again(world: LocalWorld, serving: Revision) -> None:
    killed = world.pid("envoy")
    os.kill(killed, signal.SIGKILL)
    until(lambda: world.pid("envoy") not in {0, killed}, what="restarted")
    until(lambda: world.ask(NAME).status == 200, what="serving")
    _serves_the_same(world, serving)


def test_a_commit_waits_for_a_router_that_was_just_killed(world: LocalWorld, serving: Revision) -> None:
    os.kill(world.pid("envoy"), signal.SIGKILL)
    world.serve(serving)
    _serves_the_same(world, serving)


def test_up_after_a_killed_supervisord_stops_what_it_left_and_serves_the_same(
    world: LocalWorld, serving: Revision
) -> None:
    left = {world.pid("envoy"), world.pid(f"{serving.id}.0")}
    os.kill(world.supervisor.pid(), signal.SIGKILL)
    until(lambda: not world.stack.status().parts[0].runs, what="gone")
    with pytest.raises(Unreachable) as unreachable:
        world.observe(NAME)
    assert unreachable.value.hint == "platformctl up"
    assert left <= orphans.find(world.home.root)
    up = world.up()
    assert not up.already
    assert not any(_runs(pid) for pid in left)
    _serves_the_same(world, serving)


def test_down_stops_every_process_and_up_serves_the_same(world: LocalWorld, serving: Revision) -> None:
    state = world.home.state_file.read_bytes()
    assert world.stack.down()
    assert orphans.find(world.home.root) == set()
    assert world.home.state_file.read_bytes() == state
    assert not world.stack.status().is_up
    with pytest.raises(Unreachable):
        world.ask(NAME)
    assert not world.stack.down()
    up = world.stack.up(Wanted(registry=False))
    assert (up.already, up.port, up.not_ready) == (False, world.port, (serving.id,))
    _serves_the_same(world, serving)


def test_what_is_not_in_the_state_is_not_started(world: LocalWorld, serving: Revision) -> None:
    world.stack.down()
    conf, state = world.home.supervisor_conf.read_text(), world.states.read()
    other = world.home.revisions / "other-v1-000000"
    other.mkdir()
    stray = conf.replace(f"{serving.id}.0", "other-v1-000000.0")
    world.home.supervisor_conf.write_text(stray)
    world.up()
    assert set(world.supervisor.processes()) == {"agent", "envoy", f"{serving.id}.0"}
    assert not other.exists()
    assert world.states.read() == state
    _serves_the_same(world, serving)


def test_two_at_once_bring_up_one_stack(fresh: LocalWorld) -> None:
    command = [sys.executable, "-c", _UP, str(fresh.home.root), str(fresh.port)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = sorted(process.communicate(timeout=60)[0].strip() for process in both)
    assert said == ["already", "started"]
    assert fresh.stack.status().is_up


def test_a_corrupt_state_is_kept_and_nothing_is_started_over_it(fresh: LocalWorld) -> None:
    fresh.up()
    fresh.stack.down()
    cut = fresh.home.state_file.read_bytes()[:-40]
    fresh.home.state_file.write_bytes(cut)
    with pytest.raises(StateCorrupt):
        fresh.up()
    assert not fresh.supervisor.answers
    assert fresh.home.state_file.read_bytes() == cut


def test_a_command_that_died_before_it_published_is_finished_by_who_looks_next(
    world: LocalWorld, serving: Revision
) -> None:
    state = world.states.read()
    seen = state.deployments[NAME]
    with world.states.locked():
        world.states.write(state.with_commit(NAME, seen.route, seen.rollout, "who died"))
    world.observe(NAME)
    assert world.states.read().generation == state.generation + 1
    assert world.up().already
    _serves_the_same(world, serving)


def test_purging_leaves_nothing(fresh: LocalWorld) -> None:
    fresh.up()
    assert fresh.stack.down(purge=True)
    assert not fresh.home.root.exists()


def test_a_taken_port_is_named_with_its_option_and_process(fresh: LocalWorld) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SpecError, match=f"process {os.getpid()}") as refused:
            fresh.stack.up(Wanted(port=port, registry=False))
        assert refused.value.field == "--port"
        with pytest.raises(SpecError) as refused:
            fresh.stack.up(Wanted(port=free_port(), mlflow_port=port))
        assert refused.value.field == "--mlflow-port"
    assert not fresh.home.state_file.exists()
    assert orphans.find(fresh.home.root) == set()


def test_up_works_after_everything_was_killed_at_once(fresh: LocalWorld) -> None:
    fresh.up()
    for pid in orphans.find(fresh.home.root):
        os.kill(pid, signal.SIGKILL)
    until(lambda: orphans.find(fresh.home.root) == set(), what="gone")
    assert fresh.home.supervisor_socket.exists()
    assert not fresh.up().already
    assert fresh.stack.status().is_up


def test_a_router_that_does_not_start_is_told_with_its_words_and_nothing_stays(
    fresh: LocalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = fresh.folder / "envoy"
    program.write_text("#!/bin/sh\necho no such luck\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PLATFORMCTL_ENVOY", str(program))
    with pytest.raises(Refused, match="no such luck") as refused:
        fresh.up()
    assert "envoy.log" in (refused.value.hint or "")
    assert orphans.find(fresh.home.root) == set()


def test_one_port_is_not_enough_for_two(fresh: LocalWorld) -> None:
    with pytest.raises(SpecError) as refused:
        fresh.stack.up(Wanted(port=fresh.port, mlflow_port=fresh.port))
    assert refused.value.field == "--mlflow-port"


def test_sockets_of_a_home_with_a_long_path_work(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = LocalWorld(tmp_path_factory.mktemp("long") / ("long" * 25))
    world.folder.mkdir()
    try:
        world.up()
        assert world.stack.status().is_up
    finally:
        world.stack.down(purge=True)
    assert not world.home.run.exists()


def test_a_folder_that_is_no_home_is_not_brought_down(fresh: LocalWorld) -> None:
    fresh.home.root.mkdir()
    (fresh.home.root / "logs").mkdir()
    with pytest.raises(Refused):
        fresh.stack.down(purge=True)
    (fresh.home.root / "logs").rmdir()
    fresh.home.root.rmdir()


def test_a_home_that_was_never_up_is_down_already(fresh: LocalWorld) -> None:
    assert not fresh.stack.down()
    assert not fresh.stack.status().is_up
    with pytest.raises(Unreachable) as unreachable:
        fresh.target.prepare(fresh.revision(NAME), Scale())
    assert unreachable.value.hint == "platformctl up"
    assert not fresh.home.root.exists()
