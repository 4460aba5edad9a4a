"""What supervisord is to run, written as its configuration. Pure.

Format: http://supervisord.org/configuration.html
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from platformctl.domain.errors import SpecError

ROUTER = "envoy"
REGISTRY = "mlflow"
AGENT = "agent"

_LOG_BYTES = 5_000_000
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f]|\s[;#]")  # white space and ';' begin a comment


@dataclass(frozen=True)
class Program:
    """One supervised process.

    Args:
        name: Its name, and its group's.
        argv: What to run.
        log: Where stdout and stderr go, rotated at 5 MB, one older file kept.
        environment: Added to what supervisord's own environment holds.
        expected: Exit codes after which it is not started again; None: it always is.
        stop_seconds: How long it may take to stop before it is killed.
        last: Whether it starts after the others and stops before them.
        starts: Whether it starts with supervisord, or by our word only.
    """

    name: str
    argv: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    expected: Sequence[int] | None = None
    stop_seconds: int = 10
    last: bool = False
    starts: bool = True


@dataclass(frozen=True)
class Daemon:
    """Supervisord itself: its folder (current, of its children too), socket, pid file and log."""

    folder: Path
    socket: Path
    pid: Path
    log: Path


def render(daemon: Daemon, programs: Sequence[Program]) -> str:
    """The whole configuration. The same input gives the same text."""
    sections = [_daemon(daemon), *(_program(p) for p in sorted(programs, key=lambda p: p.name))]
    return "\n".join(sections)


def _daemon(daemon: Daemon) -> str:
    return (
        _section("unix_http_server", {"file": _plain(daemon.socket), "chmod": "0700"})
        + _section(
            "supervisord",
            {
                "directory": _plain(daemon.folder),
                "pidfile": _plain(daemon.pid),
                "logfile": _plain(daemon.log),
                "logfile_maxbytes": str(_LOG_BYTES),
                "logfile_backups": "1",
                "umask": "077",
                "identifier": "platformctl",
            },
        )
        + _section(
            "rpcinterface:supervisor",
            {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        )
    )


def _program(program: Program) -> str:
    restart = "true" if program.expected is None else "unexpected"
    return _section(
        f"program:{program.name}",
        {
            "command": _plain(shlex.join(program.argv)),
            "environment": ",".join(f"{key}={_quoted(v)}" for key, v in sorted(program.environment.items())),
            "autostart": "" if program.starts else "false",
            "autorestart": restart,
            "exitcodes": ",".join(map(str, program.expected or (0,))),
            "startsecs": "0",  # a start counts at once: `launch` is who waits between them
            "stopsignal": "TERM",
            "stopwaitsecs": str(program.stop_seconds),
            "stopasgroup": "true",
            "killasgroup": "true",
            "priority": "999" if program.last else "100",
            "redirect_stderr": "true",
            "stdout_logfile": _plain(program.log),
            "stdout_logfile_maxbytes": str(_LOG_BYTES),
            "stdout_logfile_backups": "1",
        },
    )


def _section(name: str, options: Mapping[str, str]) -> str:
    lines = [f"[{name}]", *(f"{key}={value}" for key, value in options.items() if value), ""]
    return "\n".join(lines)


def _quoted(value: str) -> str:
    """A value of an environment variable; a quote in it would have no spelling, and none is needed."""
    return f'"{_plain(value)}"'


def _plain(value: object) -> str:
    """A value as supervisord reads it back: `%` begins an expansion.

    Raises:
        SpecError: It has something that the format has no spelling for.
    """
    text = str(value)
    if _UNWRITABLE.search(text):
        raise SpecError(
            f"supervisord's configuration cannot hold {text!r}",
            hint="install platformctl, and choose a --home, in a folder without quotes, ';' and '#'",
        )
    return text.replace("%", "%%")
