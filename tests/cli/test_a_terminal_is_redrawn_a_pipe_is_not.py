"""What is written while something lasts."""

import io
import os
import pty
import re
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from platformctl.cli.output import Column, table
from platformctl.cli.status import frame
from platformctl.cli.terminal import LiveReporter, PlainReporter, Style, style_of
from platformctl.domain.names import Name, RevisionId
from platformctl.domain.progress import Said, Waiting, Warned
from platformctl.domain.settings import Flags
from platformctl.usecases.change import rollback
from platformctl.usecases.world import World
from tests.cli.conftest import Cli, interrupt
from tests.fakes import RecordingReporter

pytestmark = pytest.mark.quick

V2 = RevisionId("churn-v2-3f9a1c")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_one_line_is_redrawn_while_something_lasts() -> None:
    stream = io.StringIO()
    reporter = LiveReporter(stream, Style(), 60)
    reporter.event(Said("preparing churn-v2-3f9a1c"))
    reporter.event(Waiting(V2, "loading", 0.2, 120))
    reporter.event(Waiting(V2, "loading", 4.4, 120))
    reporter.event(Warned("it has no example", "log one"))
    reporter.event(Waiting(V2, "", 5, 120))
    reporter.done()
    assert stream.getvalue() == (
        "preparing churn-v2-3f9a1c\n"
        "/ churn-v2-3f9a1c: loading (0 s of 120 s)"
        "\r\x1b[2K- churn-v2-3f9a1c: loading (4 s of 120 s)"
        "\r\x1b[2Kwarning: it has no example\nhint: log one\n"
        "\\ churn-v2-3f9a1c: getting ready (5 s of 120 s)"
        "\r\x1b[2K"
    )


def test_a_live_line_never_wraps() -> None:
    stream = io.StringIO()
    LiveReporter(stream, Style(), 20).event(Waiting(V2, "loading a very large model", 1, 120))
    assert stream.getvalue() == "/ churn-v2-3f9a1c: "


def test_a_pipe_gets_a_line_for_what_is_new_and_seldom_one_for_what_is_not() -> None:
    stream = io.StringIO()
    reporter = PlainReporter(stream)
    early = [(0.0, "made"), (1.0, "loading"), (5.0, "loading"), (6.0, "made"), (11.0, "made"), (20.0, "made")]
    late = [(seconds, "made") for seconds in (34.9, 41.0, 60.0, 71.1, 0.1)]
    for seconds, detail in early + late:
        reporter.event(Waiting(V2, detail, seconds, 120))
    said = re.findall(r"(\w+) \((\d+) s", stream.getvalue())
    assert said == [
        ("made", "0"),
        ("loading", "5"),
        ("made", "11"),
        ("made", "41"),
        ("made", "71"),
        ("made", "0"),
    ]


def test_of_what_may_last_for_hours_numbers_alone_are_nothing_new() -> None:
    stream = io.StringIO()
    reporter = PlainReporter(stream)
    for seconds in range(0, 60, 5):
        reporter.event(Waiting(V2, f"it holds 10 % for {60 - seconds} s more", seconds, None))
    reporter.event(Waiting(V2, "1,200 of 2,000 requests at 10 %", 60, None))
    told = [line.partition(": ")[2] for line in stream.getvalue().splitlines()]
    assert told == [
        "it holds 10 % for 60 s more",
        "it holds 10 % for 30 s more",
        "1,200 of 2,000 requests at 10 %",
    ]


@pytest.mark.parametrize(
    ("stream", "environ", "coloured"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_only_on_a_terminal_that_wants_it(
    stream: io.StringIO,
    environ: dict[str, str],
    coloured: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    assert style_of(stream, environ).coloured is coloured


def test_a_frame_goes_home_and_clears_what_is_left_of_the_one_before() -> None:
    assert frame(["one", "two"]) == "\x1b[Hone\x1b[K\ntwo\x1b[K\n\x1b[J"


def test_a_table_is_cut_to_its_width_where_it_may_be() -> None:
    columns = (Column("REVISION", shrinks=True), Column("SHARE", right=True), Column("NOTE", shrinks=True))
    rows = [["churn-v1-3f9a1c", "90 %", "a note that is quite a bit too long"], ["x", "10 %", "two\nlines"]]
    assert table(columns, rows, 40) == [
        "REVISION         SHARE  NOTE",
        "churn-v1-3f9a1c   90 %  a note that is …",
        "x                 10 %  two lines",
    ]


def test_watching_in_a_pipe_prints_a_block_a_change_and_ends_with_0(canary: Cli) -> None:
    host = canary.host
    other = host.world(host.settings(Flags()), RecordingReporter(), timedelta(minutes=1))
    host.fakes.later(4.5, lambda: _roll_back(other))
    host.fakes.later(9.5, interrupt)
    ran = canary("status", "churn", "--watch")
    assert (ran.code, ran.err) == (0, "")
    assert [line for line in ran.out.splitlines() if line.startswith("churn: ")] == [
        "churn: canary to 10 %, since 2026-01-01 00:00:02 UTC",
        "churn: steady, since 2026-01-01 00:00:06 UTC",
    ]


def _roll_back(world: World) -> None:
    rollback(world, Name("churn"), None)


def on_a_terminal(*arguments: str, home: Path, no_color: bool = False) -> str:
    """All that a command writes to a terminal of 80 columns."""
    master, slave = pty.openpty()
    environ = {**os.environ, "PLATFORMCTL_HOME": str(home), "COLUMNS": "80", "TERM": "xterm"}
    environ |= {"NO_COLOR": "1"} if no_color else {}
    written: list[bytes] = []
    process = subprocess.Popen(
        [sys.executable, "-m", "platformctl", *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environ,
    )
    os.close(slave)
    reader = threading.Thread(target=_drain, args=(master, written))
    reader.start()
    process.wait(60)
    reader.join(60)
    os.close(master)
    return b"".join(written).decode().replace("\r\n", "\n")


def _drain(master: int, written: list[bytes]) -> None:
    """Read until the other side is closed: EIO on Linux, nothing on macOS."""
    try:
        while data := os.read(master, 4096):
            written.append(data)
    except OSError:
        return


def test_an_error_is_coloured_on_a_terminal_and_not_with_no_color(tmp_path: Path) -> None:
    said = "there is no verb 'statsu'"
    assert on_a_terminal("statsu", home=tmp_path) == (
        f"\x1b[1;31merror: \x1b[0m{said}\n\x1b[36mhint: \x1b[0mdid you mean status?\n"
    )
    assert on_a_terminal("statsu", home=tmp_path, no_color=True) == (
        f"error: {said}\nhint: did you mean status?\n"
    )
