"""platformctl.toml: found, read, and settled with the flags and the environment."""

import os
from collections.abc import Mapping
from pathlib import Path

from platformctl.domain.configuration import ConfigFile, interpret
from platformctl.domain.errors import SpecError
from platformctl.domain.settings import Flags, Settings, settle, user_home, xdg_folder

FILE_NAME = "platformctl.toml"
XDG_FILE_NAME = "config.toml"
MOST_BYTES = 1024 * 1024
"""The size of the largest file that is read, in bytes."""


def settings(flags: Flags, environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Settings:
    """Return what holds for this command, from flags, environment and configuration file.

    Raises:
        SpecError: A flag, a variable or the file is wrong.
        NotFound: There is no such context.
    """
    environ = _with_home(os.environ if environ is None else environ)
    here = _current_folder() if cwd is None else cwd
    path = find(here, environ)
    return settle(flags, environ, load(path, environ) if path else None, cwd=here)


def find(cwd: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the configuration file: upwards from `cwd`, which is absolute, then XDG's; None without one."""
    candidates = [folder / FILE_NAME for folder in (cwd, *cwd.parents)]
    if below := xdg_folder(environ, "XDG_CONFIG_HOME", ".config"):
        candidates.append(below[0] / XDG_FILE_NAME)
    return next((path for path in candidates if _is_there(path)), None)


def load(path: Path, environ: Mapping[str, str]) -> ConfigFile:
    """Read a configuration file; its path is absolute.

    Raises:
        SpecError: It cannot be read, is no TOML (with the line), or says what is not known.
    """
    import tomllib  # only who has a file pays for the parser

    text = _text(path)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of 5,000 digits
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise SpecError(f"not TOML: {reason} ({path})") from error
    return interpret(document, path, user_home(environ))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise SpecError(f"{path} is larger than {MOST_BYTES // 1024} KiB: this is no configuration")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecError(f"not UTF-8 text ({path}, line {line})", hint="save it as UTF-8") from error


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise SpecError("the current folder does not exist any more", hint="change to another one") from error


def _is_there(path: Path) -> bool:
    """Say whether a file is there. One in a folder that is closed to us is not."""
    try:
        return path.is_file()
    except OSError:
        return False


def _with_home(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Add HOME where only the user database knows it (a service, a container)."""
    if environ.get("HOME"):
        return environ
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home() raises where this says "~"
    return {**environ, "HOME": home} if home.startswith("/") else environ
