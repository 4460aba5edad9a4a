"""From an error to what a person reads on stderr, and the exit code."""

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

import click

from platformctl.cli.terminal import Style, style_of
from platformctl.domain import extras
from platformctl.domain.errors import NotReady, PlatformctlError

USAGE, INTERNAL, INTERRUPTED, BROKEN_PIPE = 2, 70, 130, 141
"""Exit codes: click's and getopt's; EX_SOFTWARE of sysexits.h; 128 + SIGINT; 128 + SIGPIPE."""

_OS_HINTS = {
    errno.ENOSPC: "free some space on that disk, or choose another folder with --home",
    errno.EDQUOT: "your quota is used up: free some space, or choose another folder with --home",
    errno.EACCES: "see who owns it, or choose another folder with --home",
    errno.EROFS: "choose a folder that can be written to with --home",
    errno.EMFILE: "raise the limit of open files: ulimit -n 4096",
}
_EXTRAS = {
    "kubernetes": "cluster",
    "mlflow": "local",
    "packaging": "local",
    "platformctl_predictors": "local",
    "psutil": "local",
    "sklearn": "local",
    "supervisor": "local",
}


class Interrupted(PlatformctlError):
    """A person pressed Ctrl-C; the message says in which state that left the deployment."""

    exit_code = INTERRUPTED


@dataclass(frozen=True)
class Told:
    """An error as it is shown.

    Args:
        message: What happened; None: nothing is to be said.
        hint: What to do.
        log: Lines of a process, shown below.
        code: The exit code.
    """

    message: str | None
    hint: str | None = None
    log: Sequence[str] = ()
    code: int = 1
    label: str = "error"


def told(error: BaseException) -> Told:
    """Decide what is said about an error."""
    match error:
        case Interrupted():
            shown = Told(str(error), error.hint, code=INTERRUPTED, label="interrupted")
        case NotReady():
            shown = Told(str(error), error.hint, error.log, error.exit_code)
        case PlatformctlError():
            shown = Told(str(error), error.hint, code=error.exit_code)
        case click.ClickException():
            shown = _usage(error)
        case BrokenPipeError():
            shown = Told(None, code=BROKEN_PIPE)
        case KeyboardInterrupt() | click.Abort() | EOFError():
            shown = Told("nothing was changed", code=INTERRUPTED, label="interrupted")
        case ModuleNotFoundError() if _vendor(error) in _EXTRAS:
            shown = _missing(_vendor(error))
        case OSError():
            shown = _os_error(error)
        case _:
            hint = "run it again with --debug for the traceback, and report it with that"
            shown = Told(f"internal: {type(error).__name__}: {error}", hint, code=INTERNAL)
    return shown


def _vendor(error: ModuleNotFoundError) -> str:
    return (error.name or "").partition(".")[0]


def _usage(error: click.ClickException) -> Told:
    message = error.format_message()
    head, separator, hint = message.partition("; ")
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, click.NoSuchOption) and error.possibilities:
        return Told(
            f"there is no option {error.option_name}", f"did you mean {error.possibilities[0]}?", code=USAGE
        )
    if not separator:
        hint = f"{context.command_path} --help" if context else "platformctl --help"
    return Told(_lowered(head).rstrip("."), hint, code=error.exit_code)


def _lowered(message: str) -> str:
    """Click's sentences begin with a capital, ours do not."""
    return message[:1].lower() + message[1:]


def _missing(module: str) -> Told:
    extra = _EXTRAS[module]
    return Told(f"{module} is not installed", extras.install(extra), code=USAGE)


def _os_error(error: OSError) -> Told:
    where = f"{error.filename}: " if error.filename else ""
    hint = _OS_HINTS.get(error.errno or 0, "see platformctl doctor")
    return Told(f"{where}{error.strerror or error}", hint)


def lines(shown: Told, style: Style) -> list[str]:
    """The lines of an error: what happened, what the process wrote, what to do."""
    if shown.message is None:
        return []
    label = f"{shown.label}: "
    first, *others = shown.message.splitlines() or [""]
    text = [style.bad(label) + first, *(" " * len(label) + other for other in others)]
    text += [f"  | {line}" for line in shown.log]
    hints = (shown.hint or "").splitlines()
    return [*text, *(style.note("hint: ") + hint for hint in hints)]


def report(error: BaseException, *, debug: bool) -> int:
    """Tell an error on stderr and return the exit code."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return USAGE
    shown = told(error)
    if isinstance(error, BrokenPipeError):
        _silence()
    if debug:
        traceback.print_exception(error)
    for line in lines(shown, style_of(sys.stderr, os.environ)):
        click.echo(line, err=True, color=True)  # the style has decided about colour already
    return shown.code


def _silence() -> None:
    """Nobody reads stdout any more; Python's flush at exit must not complain about that."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
