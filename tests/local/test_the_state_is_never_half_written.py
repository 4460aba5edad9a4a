import json
import subprocess
import sys
from pathlib import Path

import pytest

from platformctl.adapters.local.home import Home
from platformctl.adapters.local.state import State, StateFile
from platformctl.domain.errors import Refused, StateCorrupt
from platformctl.domain.names import Name
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route

pytestmark = pytest.mark.quick

CHURN = Name("churn")

# Forks a writer for each n, which dies by SIGKILL at the n-th thing that it asks of the file system
# (Python's audit events), until one gets to the end. Prints how many died.
KILLED_AT_EACH_STEP = """
import os, signal, sys
from pathlib import Path
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.state import State, StateFile
from platformctl.domain.rollout import Rollout
from platformctl.domain.route import Route

states = StateFile(Home(Path(sys.argv[1])))
before, after = (State().with_commit(name, Route(), Rollout(), "x" * 200_000) for name in ("old", "new"))

def die_at(n):
    count = 0
    def hook(event, arguments):
        nonlocal count
        if event.startswith(("open", "os.", "fcntl.", "shutil.")) and event != "os.putenv":
            count += 1
            if count == n:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

deaths = 0
while True:
    states.write(before)
    child = os.fork()
    if child == 0:
        die_at(deaths + 1)
        with states.locked():
            states.write(after)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = states.read()
    assert found in (before, after), found
    if os.WIFEXITED(status):
        assert found == after
        break
    deaths += 1
print(deaths)
"""


@pytest.fixture
def states(tmp_path: Path) -> StateFile:
    home = Home.at(tmp_path / "home")
    home.create()
    return StateFile(home)


def test_a_writer_that_is_killed_at_any_step_leaves_the_old_state_or_the_new(states: StateFile) -> None:
    command = [sys.executable, "-c", KILLED_AT_EACH_STEP, str(states.home.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 6  # the lock, the new file, the rename, the folder, …


def test_a_home_without_a_state_is_an_empty_state(states: StateFile) -> None:
    assert states.read() == State()


def test_what_was_written_is_what_is_read(states: StateFile) -> None:
    written = State().with_commit(CHURN, Route(), Rollout(), "ada")
    states.write(written)
    assert states.read() == written
    assert json.loads(states.home.state_file.read_text())["schemaVersion"] == 4


@pytest.mark.parametrize(
    "content", [b"", b'{"schemaVersion":1,"gene', b"null", b"[]", b'{"schemaVersion":"one"}', b"\xff\xfe"]
)
def test_a_state_that_cannot_be_read_is_kept_aside_and_not_overwritten(
    states: StateFile, content: bytes
) -> None:
    states.home.state_file.write_bytes(content)
    for _ in range(2):
        with pytest.raises(StateCorrupt) as corrupt:
            states.read()
        assert corrupt.value.hint
    (aside,) = states.home.root.glob("state.json.corrupt-*")
    assert aside.read_bytes() == content
    assert states.home.state_file.read_bytes() == content
    assert aside.name in str(corrupt.value)


def test_each_broken_state_is_kept(states: StateFile) -> None:
    for content in (b"one", b"two"):
        states.home.state_file.write_bytes(content)
        with pytest.raises(StateCorrupt):
            states.read()
    kept = {aside.read_bytes() for aside in states.home.root.glob("state.json.corrupt-*")}
    assert kept == {b"one", b"two"}


def test_a_field_that_is_wrong_is_named(states: StateFile) -> None:
    states.home.state_file.write_text('{"schemaVersion": 1, "generation": "many"}')
    with pytest.raises(StateCorrupt, match="generation"):
        states.read()


def test_the_state_of_a_newer_platformctl_is_refused_by_name(states: StateFile) -> None:
    states.home.state_file.write_text('{"schemaVersion": 5, "somethingNew": {}}')
    with pytest.raises(Refused, match="schema version 5") as refused:
        states.read()
    assert not isinstance(refused.value, StateCorrupt)
    assert refused.value.hint == "upgrade platformctl"
    assert not list(states.home.root.glob("state.json.corrupt-*"))


def test_a_generation_is_never_used_twice(states: StateFile) -> None:
    state, seen = states.read(), set()
    for _ in range(3):
        state = state.with_commit(CHURN, Route(), Rollout(), "ada").without(CHURN)
        assert state.generation not in seen
        seen.add(state.generation)


def test_a_lock_that_is_held_is_not_waited_for_by_who_only_heals(states: StateFile) -> None:
    with states.locked(), states.locked_if_free() as state:
        assert state is None
    with states.locked_if_free() as state:
        assert state == State()
