"""Errors of all kinds to text and exit code; Ctrl-C; a pipe that nobody reads."""

import errno
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import click
import pytest

from platformctl.cli.errors import Told, lines, told
from platformctl.cli.terminal import Style
from platformctl.domain.errors import (
    Conflict,
    DeadlinePassed,
    NotFound,
    NotReady,
    Refused,
    SpecError,
    Unreachable,
)
from platformctl.domain.names import Name
from platformctl.domain.settings import Flags
from platformctl.domain.traffic import Request
from platformctl.usecases.predict import predict_many
from tests.cli.conftest import Cli, interrupt
from tests.cli.hosts import V1, V2, Ran
from tests.fakes import Behaviour, RecordingReporter

pytestmark = pytest.mark.quick

PLATFORMCTL = [sys.executable, "-m", "platformctl"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("no"), 1),
        (NotReady("no", log=["one"]), 1),
        (SpecError("wrong"), 2),
        (NotFound("not there"), 2),
        (Unreachable("down"), 3),
        (DeadlinePassed("late"), 4),
        (Conflict("taken", owner="bob"), 5),
        (click.UsageError("wrong"), 2),
        (OSError(errno.ENOSPC, "No space left on device", "/srv/x"), 1),
        (ModuleNotFoundError("No module named 'mlflow'", name="mlflow"), 2),
        (ModuleNotFoundError("No module named 'platformctl.x'", name="platformctl.x"), 70),
        (ZeroDivisionError("division by zero"), 70),
        (BrokenPipeError(), 141),
        (KeyboardInterrupt(), 130),
    ],
)
def test_the_exit_code_says_who_has_to_act(error: BaseException, code: int) -> None:
    assert told(error).code == code


def test_an_error_is_what_where_and_what_to_do() -> None:
    error = NotReady("churn-v2 failed: exit 65\nchurn-v1 serves as before", log=["a", "b"], hint="one\ntwo")
    assert lines(told(error), Style()) == [
        "error: churn-v2 failed: exit 65",
        "       churn-v1 serves as before",
        "  | a",
        "  | b",
        "hint: one",
        "hint: two",
    ]


def test_a_full_disk_is_said_in_words() -> None:
    assert told(OSError(errno.ENOSPC, "No space left on device", "/srv/x")) == Told(
        "/srv/x: No space left on device",
        "free some space on that disk, or choose another folder with --home",
    )


def test_a_missing_package_names_the_extra_that_brings_it() -> None:
    shown = told(ModuleNotFoundError("No module named 'mlflow.x'", name="mlflow.x"))
    hint = "install the extra 'local'; in platformctl's checkout: uv sync --locked --all-extras"
    assert (shown.message, shown.hint) == ("mlflow is not installed", hint)


def test_a_bug_is_one_line_without_debug_and_a_traceback_with_it(cli: Cli) -> None:
    def explode() -> None:
        raise ZeroDivisionError("division by zero")

    cli.host.fakes.later(0, explode)
    assert cli("deploy", "churn").err.endswith(
        "error: internal: ZeroDivisionError: division by zero\n"
        "hint: run it again with --debug for the traceback, and report it with that\n"
    )
    cli.host.fakes.later(0, explode)
    assert "Traceback" in cli("deploy", "churn", "--debug").err


def test_ctrl_c_says_what_is_left_and_what_goes_on(steady: Cli) -> None:
    steady.host.behaves(V2, Behaviour(ready_after=60))
    steady.host.fakes.later(3, interrupt)
    ran = steady("deploy", "churn", "--version", "2")
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.endswith(
        "interrupted: churn-v2-cbef85 was on its way to 100 % when that was interrupted\n"
        "hint: platformctl deploy churn goes on; platformctl rollback churn drops it\n"
    )
    steady.host.fakes.pass_time(60)
    assert steady("deploy", "churn").out == "churn-v2-cbef85 has 100 %\n"


def test_ctrl_c_while_a_canary_is_watched_leaves_the_canary(steady: Cli) -> None:
    steady.host.fakes.later(20, interrupt)
    ran = steady("deploy", "churn", "--canary", "10", "--watch", "5m")
    assert ran.code == 130
    assert ran.err.endswith(
        "interrupted: churn is canary: churn-v1-f03c1f 90 %, churn-v2-cbef85 10 %\n"
        "hint: platformctl status churn\n"
    )


def test_ctrl_c_leaves_no_lease_behind(steady: Cli) -> None:
    steady.host.behaves(V2, Behaviour(ready_after=60))
    steady.host.fakes.later(3, interrupt)
    steady("deploy", "churn", "--version", "2")
    assert steady("rollback", "churn") == Ran(
        0,
        "churn-v1-f03c1f has 100 %\n",
        "target: local (/home/ann/.local/share/platformctl)\nremoving churn-v2-cbef85\n",
    )


def test_ctrl_c_drops_the_requests_that_have_not_been_sent(steady: Cli) -> None:
    host = steady.host
    world = host.world(host.settings(Flags()), RecordingReporter(), timedelta(minutes=1))
    requests = [Request(b'{"instances": [[1]]}')] * 50_000
    with pytest.raises(KeyboardInterrupt):
        predict_many(world, Name("churn"), requests, 2, lambda _: interrupt())
    assert host.fakes.counts[V1].requests < 50_000


def test_ctrl_c_where_nothing_changes_says_so() -> None:
    assert told(KeyboardInterrupt()) == Told("nothing was changed", code=130, label="interrupted")


def test_a_pipe_that_nobody_reads_is_no_error(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*PLATFORMCTL, "list", "-o", "json"],
        env={**os.environ, "PLATFORMCTL_HOME": str(tmp_path)},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_what_the_terminal_cannot_show_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PLATFORMCTL, "deploy", "-f", "新.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PLATFORMCTL_HOME": str(tmp_path), "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "error: there is no file ?.yaml\n"
