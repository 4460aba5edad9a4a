import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platformctl.adapters.local import failures, launch
from platformctl.adapters.local.failures import Launches
from platformctl.adapters.local.supervisor import Process, State

pytestmark = pytest.mark.quick

START = json.dumps({"platformctl": "start", "number": 1, "wait": 0})
EXIT = json.dumps({"platformctl": "exit", "code": 65, "cause": "model.pkl is cut", "hint": "log it again"})


def _process(state: State, exit_status: int = 0, trouble: str = "") -> Process:
    now = datetime.now(UTC)
    return Process("churn-v1-aaaaaa.0", state, 0, now, now, exit_status, trouble)


@pytest.mark.parametrize(
    ("lives", "seconds"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 30), (1000, 30)]
)
def test_the_first_restart_is_at_once_and_later_ones_wait_longer(lives: int, seconds: int) -> None:
    assert launch.wait_after(lives) == seconds


def test_a_long_life_ends_a_crash_loop() -> None:
    assert launch.short_lives([(0, 0), (5, 5), (100, 100), (103, 104)], 106) == 2


@given(st.lists(st.floats(0, 19), max_size=10))
def test_lives_that_were_all_short_all_count(lengths: list[float]) -> None:
    recent, now = [], 0.0
    for length in lengths:
        recent.append((now, now + 1))
        now += 1 + length
    assert launch.short_lives(recent, now) == len(lengths)


def test_a_launch_is_counted_and_becomes_the_command(tmp_path: Path) -> None:
    record = tmp_path / "record"
    command = [sys.executable, "-I", "-S", launch.__file__, str(record), sys.executable, "-c", "print('it')"]
    for number in (1, 2):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout == "it\n"
        assert json.loads(done.stderr) == {"platformctl": "start", "number": number, "wait": 0}
    assert launch.read(str(record))[0] == 2


def test_a_broken_record_does_not_keep_a_replica_from_starting(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_text("{")
    command = [sys.executable, "-I", "-S", launch.__file__, str(record), "/bin/true"]
    subprocess.run(command, check=True, capture_output=True)
    assert launch.read(str(record))[0] == 1


@pytest.mark.parametrize("code", [64, 65, 66])
def test_an_exit_that_would_repeat_itself_is_a_failure_with_cause_and_hint(code: int) -> None:
    said = failures.failure(_process(State.EXITED, code), Launches(1), [START, "loading", EXIT])
    assert said == "model.pkl is cut (log it again)"


def test_an_exit_without_last_words_is_told_by_its_code() -> None:
    assert failures.failure(_process(State.EXITED, 65), Launches(1), []) == "it ended with exit code 65"


def test_the_words_of_an_earlier_life_are_not_those_of_this_one() -> None:
    said = failures.failure(_process(State.EXITED, 64), Launches(2), [START, EXIT, START, "another line"])
    assert said == "it ended with exit code 64"


def test_a_crash_that_is_started_again_is_no_failure_until_it_repeats_itself() -> None:
    running = _process(State.RUNNING)
    assert failures.failure(running, Launches(3, 3), ["boom"]) is None
    assert (
        failures.failure(running, Launches(5, 4), ["x", "boom"]) == "it has died 4 times in a row: x / boom"
    )


def test_a_program_that_cannot_be_started_is_a_failure() -> None:
    said = failures.failure(_process(State.FATAL, trouble="can't find command"), Launches(), [])
    assert said == "it cannot be started: can't find command"


def test_who_runs_has_not_failed() -> None:
    assert failures.failure(_process(State.RUNNING), Launches(1), [EXIT]) is None


_LEAVES_A_CHILD = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_the_next_start_stops_what_a_killed_program_left(tmp_path: Path) -> None:
    launcher = [sys.executable, "-I", "-S", launch.__file__, str(tmp_path / "record")]
    first = subprocess.Popen(
        [*launcher, sys.executable, "-c", _LEAVES_A_CHILD], stdout=subprocess.PIPE, process_group=0
    )
    assert first.stdout is not None
    with first.stdout as said:
        left = psutil.Process(int(said.readline()))
    assert first.wait() == -9
    assert left.is_running()
    subprocess.run([*launcher, "/bin/true"], check=True, process_group=0)
    left.wait(timeout=10)


def test_a_start_stops_nothing_of_a_program_that_still_runs(tmp_path: Path) -> None:
    record = tmp_path / "record"
    with subprocess.Popen(["/bin/sleep", "600"], process_group=0) as other:
        record.write_text(json.dumps({"starts": 1, "pid": other.pid, "recent": []}))
        subprocess.run([sys.executable, "-I", "-S", launch.__file__, str(record), "/bin/true"], check=True)
        assert other.poll() is None
        other.kill()
