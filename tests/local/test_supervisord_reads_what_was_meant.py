import shlex
import sys
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from platformctl.adapters.local.programs import Daemon, Program, render
from platformctl.domain.errors import SpecError

pytestmark = pytest.mark.quick

ARGV = ("/opt/my envs/100%/bin/python", "-m", "it's", "50%", "a;b", "$HOME", "--settings", "/ünï/s.json")


def _read(folder: Path, program: Program) -> object:
    """What supervisord itself makes of it."""
    daemon = Daemon(folder, folder / "s.sock", folder / "pid", folder / "log")
    conf = folder / "supervisord.conf"
    conf.write_text(render(daemon, [program]))
    options = ServerOptions()
    options.realize(["-c", str(conf)])
    (group,) = options.process_group_configs
    (config,) = group.process_configs
    return config


def test_paths_with_spaces_quotes_and_percents_come_through(tmp_path: Path) -> None:
    folder = tmp_path / "all of mine"
    folder.mkdir()
    environment = {"PERCENT": "50%", "LIST": "a,b=c", "SPACE": "a b"}
    program = Program("churn-v4-3f9a1c.0", ARGV, folder / "0.log", environment=environment)
    config = _read(folder, program)
    assert shlex.split(config.command) == list(ARGV)  # type: ignore[attr-defined] # supervisor has no types
    assert config.environment == environment  # type: ignore[attr-defined] # as above
    assert config.stdout_logfile == str(folder / "0.log")  # type: ignore[attr-defined] # as above
    assert config.name == "churn-v4-3f9a1c.0"  # type: ignore[attr-defined] # as above


def test_what_ended_for_a_known_reason_is_not_started_again(tmp_path: Path) -> None:
    program = Program("a", (sys.executable,), tmp_path / "log", expected=(0, 64, 65, 66))
    config = _read(tmp_path, program)
    assert config.exitcodes == [0, 64, 65, 66]  # type: ignore[attr-defined] # as above
    assert config.startsecs == 0  # type: ignore[attr-defined] # as above
    assert config.autorestart.__name__ == "RestartWhenExitUnexpected"  # type: ignore[attr-defined] # as above


def test_the_same_programs_in_any_order_are_the_same_text(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path, tmp_path / "s", tmp_path / "p", tmp_path / "l")
    programs = [Program(name, ("/bin/true",), tmp_path / name) for name in "cab"]
    assert render(daemon, programs) == render(daemon, programs[::-1])


@pytest.mark.parametrize("argument", ["a\nb", "a ;b", "a #b"])
def test_what_the_format_cannot_hold_is_refused(tmp_path: Path, argument: str) -> None:
    daemon = Daemon(tmp_path, tmp_path / "s", tmp_path / "p", tmp_path / "l")
    with pytest.raises(SpecError) as refused:
        render(daemon, [Program("a", ("/bin/echo", argument), tmp_path / "log")])
    assert refused.value.hint
