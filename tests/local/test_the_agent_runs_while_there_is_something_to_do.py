"""The agent's program: when it starts, when it ends, and what it survives."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from platformctl import agent as program
from platformctl.adapters.local import derived
from platformctl.adapters.local.agent import Agenda, Agent, Duty, Means
from platformctl.adapters.local.home import Home
from platformctl.adapters.local.programs import AGENT, Daemon, Program, render
from platformctl.adapters.local.state import SCHEMA_VERSION, Stack, StateFile
from platformctl.adapters.local.supervisor import Supervisor
from platformctl.cli.handover import hand_over
from platformctl.cli.session import Session
from platformctl.domain.automatic import Automatic
from platformctl.domain.policy import RolloutPolicy
from platformctl.domain.rollout import Rollout
from tests.cli.hosts import FakeHost
from tests.fakes.values import CHURN, canary, revision, steady
from tests.local.world import until

pytestmark = pytest.mark.quick

DECIDES = canary(revision(1), revision(2), 10).model_copy(
    update={"auto": Automatic(policy=RolloutPolicy(), began=datetime(2026, 1, 1, tzinfo=UTC))}
)
STEADY = steady(revision(2), revision(1))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose stack is not up."""
    home = Home.at(tmp_path / "home")
    home.create()
    return home


def _record(home: Home, rollout: Rollout) -> None:
    states = StateFile(home)
    with states.locked() as state:
        states.write(state.with_commit(CHURN, rollout.route, rollout, "a test"))


@contextmanager
def _running(home: Home) -> Iterator[subprocess.Popen[str]]:
    """The program, on duty."""
    command = [sys.executable, "-m", "platformctl.agent", str(home.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert "on duty" in process.stdout.readline()
            yield process
        finally:
            process.kill()


@contextmanager
def _rounds(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[io.StringIO, threading.Thread]]:
    """The program in a thread, in a hurry; at the end it has ended."""
    monkeypatch.setattr(program, "LOOK_SECONDS", 0.02)
    log = io.StringIO()
    thread = threading.Thread(target=program.Rounds(home, program.Log(log)).run)
    thread.start()
    try:
        yield log, thread
    finally:
        _record(home, STEADY)
        thread.join(30)
        assert not thread.is_alive()


def test_without_anything_to_do_it_ends(home: Home) -> None:
    log = io.StringIO()
    assert program.Rounds(home, program.Log(log)).run() == 0
    assert log.getvalue().endswith("nothing is left to do\n")


def test_it_ends_when_the_last_rollout_has_ended(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _record(home, DECIDES)
    with _rounds(home, monkeypatch) as (log, _):
        until(lambda: "churn: the local stack is not up" in log.getvalue(), what="a turn")
    assert log.getvalue().count("the local stack is not up") == 1


def test_a_second_one_ends_at_once(home: Home) -> None:
    _record(home, DECIDES)
    command = [sys.executable, "-m", "platformctl.agent", str(home.root)]
    with _running(home):
        second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout.endswith("agent: another one is on duty\n")


def test_it_ends_when_it_is_told_to(home: Home) -> None:
    _record(home, DECIDES)
    with _running(home) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_state_that_cannot_be_read_is_waited_for(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _record(home, DECIDES)
    whole = home.state_file.read_bytes()
    home.state_file.write_bytes(whole[:-40])
    with _rounds(home, monkeypatch) as (log, thread):
        until(lambda: "state.json cannot be read" in log.getvalue(), what="seen")
        assert thread.is_alive()
        home.state_file.write_bytes(whole)
        until(lambda: "churn: " in log.getvalue(), what="a turn")


def test_a_home_that_is_removed_stays_removed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _record(home, DECIDES)
    monkeypatch.setattr(program.Rounds, "_once", lambda _: shutil.rmtree(home.root))
    monkeypatch.setattr(program, "LOOK_SECONDS", 0.0)
    log = io.StringIO()
    assert program.Rounds(home, program.Log(log)).run() == 0
    assert log.getvalue().endswith(f"agent: {home.root} is gone\n")
    assert not home.root.exists()


def test_what_goes_wrong_with_one_does_not_hold_up_the_others(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    _record(home, DECIDES)
    monkeypatch.setattr("platformctl.usecases.attending.Driver.turn", lambda *_: 1 / 0)
    with _rounds(home, monkeypatch) as (log, thread):
        until(lambda: "ZeroDivisionError" in log.getvalue(), what="told")
        assert thread.is_alive()


def test_a_state_of_a_newer_version_is_for_its_program(home: Home) -> None:
    _record(home, DECIDES)
    newer = json.loads(home.state_file.read_text()) | {"schemaVersion": SCHEMA_VERSION + 1}
    home.state_file.write_text(json.dumps(newer))
    log = io.StringIO()
    assert program.Rounds(home, program.Log(log)).run() == program.AGAIN
    assert "the state has schema version" in log.getvalue()


def test_it_does_not_leave_while_a_rollout_has_begun(home: Home) -> None:
    duty = Duty(home)
    _record(home, DECIDES)
    assert not duty.leave()
    _record(home, STEADY)
    Agenda(home).add(CHURN, Means())
    assert not duty.leave()
    duty.is_done(CHURN)
    assert duty.leave()
    assert home.agent_lock.read_text() == str(os.getpid())


def test_what_goes_on_again_is_not_struck_off(home: Home) -> None:
    means = Means(registry="http://models.example", prometheus="http://figures.example")
    Agent(home, means).told(CHURN, DECIDES, None)
    _record(home, DECIDES)
    Duty(home).is_done(CHURN)
    assert Duty(home).agenda() == {CHURN: means}


def test_a_command_without_configuration_takes_no_means_away(home: Home) -> None:
    means = Means(registry="http://models.example", prometheus="http://figures.example")
    Agent(home, means).told(CHURN, DECIDES, STEADY)
    Agent(home).told(CHURN, DECIDES, DECIDES)
    assert Duty(home).agenda() == {CHURN: means}
    Agent(home, Means(prometheus="http://other.example")).told(CHURN, DECIDES, DECIDES)
    assert Duty(home).agenda()[CHURN].prometheus == "http://other.example"
    assert DECIDES.auto is not None
    later = DECIDES.auto.model_copy(update={"began": datetime(2026, 1, 2, tzinfo=UTC)})
    Agent(home).told(CHURN, DECIDES.model_copy(update={"auto": later}), DECIDES)
    assert Duty(home).agenda() == {CHURN: Means()}, "another rollout, with a configuration of its own"


def test_an_agenda_that_cannot_be_read_is_empty(home: Home) -> None:
    home.agenda.write_text("[half")
    assert Duty(home).agenda() == {}
    Agent(home).told(CHURN, DECIDES, None)
    assert Duty(home).agenda() == {CHURN: Means()}


@pytest.mark.parametrize(("rollout", "starts"), [(DECIDES, True), (STEADY, False)])
def test_it_starts_with_the_stack_if_anything_goes_on(home: Home, rollout: Rollout, *, starts: bool) -> None:
    _record(home, rollout)
    stack = Stack(port=1, router=("/bin/true",), python=sys.executable)
    home.supervisor_conf.write_text(derived.supervisor_conf(home, StateFile(home).read().with_stack(stack)))
    options = ServerOptions()
    options.realize(["-c", str(home.supervisor_conf)])
    (config,) = (group.process_configs[0] for group in options.process_group_configs if group.name == AGENT)
    assert (config.autostart, config.exitcodes) == (starts, [0])
    assert config.autorestart.__name__ == "RestartWhenExitUnexpected"
    assert config.stdout_logfile == str(home.logs / "agent.log")


_LEAVES = """
import os, sys, time
with open(sys.argv[1], "w") as left:
    left.write(str(os.getpid()))
time.sleep(1)
"""


def test_one_that_leaves_is_waited_for_and_another_one_is_started(home: Home) -> None:
    daemon = Daemon(home.run, home.supervisor_socket, home.supervisor_pid, home.logs / "supervisord.log")
    leaves = home.root / "leaves.py"
    leaves.write_text(_LEAVES)
    argv = (sys.executable, str(leaves), str(home.agent_lock))
    programs = [Program(AGENT, argv, home.logs / "agent.log", expected=(0,), starts=False)]
    home.supervisor_conf.write_text(render(daemon, programs))
    command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(home.supervisor_conf)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as supervisord:
        try:
            supervisor, agent = Supervisor(home.supervisor_socket), Agent(home)
            until(lambda: supervisor.answers, what="up")
            agent.start()
            until(lambda: home.agent_lock.is_file() and bool(home.agent_lock.read_text()), what="leaving")
            first = supervisor.processes()[AGENT]
            assert first.runs
            agent.start()
            second = supervisor.processes()[AGENT]
            assert second.runs
            assert second.pid != first.pid
        finally:
            supervisord.terminate()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (
            {"target": "cluster"},
            "nobody goes on with it when no command does: platformctl rollout resume churn",
        ),
        (
            {},
            "warning: nobody goes on with it, as the local stack is not up: platformctl rollout resume churn",
        ),
    ],
)
def test_a_command_that_leaves_says_if_nobody_goes_on(
    home: Home, capsys: pytest.CaptureFixture[str], flags: dict[str, str], said: str
) -> None:
    _record(home, DECIDES)
    hand_over(Session(FakeHost(), {"home": str(home.root), **flags}), CHURN)
    assert capsys.readouterr() == ("", f"{said} --wait\n")


_IMPORTED = """
import sys
from pathlib import Path
from platformctl import agent
from platformctl.adapters.local.agent import Means
from platformctl.adapters.local.home import Home
from platformctl.wiring import agent as wiring
wiring.world(Home.at(Path(sys.argv[1])), "churn", Means(), None)
print(*sorted({"click", "kubernetes", "mlflow", "numpy", "jinja2", "yaml", "psutil"} & set(sys.modules)))
"""


def test_it_costs_no_library_that_it_does_not_need(home: Home) -> None:
    command = [sys.executable, "-c", _IMPORTED, str(home.root)]
    imported = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert imported.stdout == "\n"
