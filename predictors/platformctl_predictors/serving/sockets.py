"""The listening socket, bound before the model is loaded, so that a taken address fails early."""

import socket
from contextlib import suppress
from pathlib import Path
from stat import S_ISSOCK

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.settings import Settings, TcpListen, UnixListen

_ANSWER_S = 1.0


def bind(settings: Settings) -> socket.socket:
    """A bound socket that does not listen yet: callers are refused until the server is ready.

    Raises:
        Exit: 64, the address is taken or cannot be used.
    """
    listen = settings.listen
    try:
        return _unix(Path(listen.unix)) if isinstance(listen, UnixListen) else _tcp(listen)
    except OSError as error:
        shown = listen.unix if isinstance(listen, UnixListen) else f"{listen.host}:{listen.http}"
        raise refused(shown, error) from error


def refused(address: str, error: OSError) -> Exit:
    """The exit for an address that cannot be used."""
    return Exit(
        Code.SETTINGS,
        f"listen: cannot use {address}: {error}",
        "stop what uses it, or name another address; a unix path has at most 107 bytes",
    )


def release(settings: Settings) -> None:
    """Remove the socket's file, if it has one."""
    if isinstance(settings.listen, UnixListen):
        Path(settings.listen.unix).unlink(missing_ok=True)


def _tcp(listen: TcpListen) -> socket.socket:
    """Not create_server(): that listens, and a probe of the port would call it ready."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((listen.host, listen.http))
    except OSError:
        listener.close()
        raise
    return listener


def _unix(path: Path) -> socket.socket:
    if path.exists() and not S_ISSOCK(path.stat().st_mode):
        raise FileExistsError(f"{path} is a file, not a socket")
    if _answers(path):
        raise FileExistsError("another server answers there")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o600)
    except OSError:
        listener.close()
        raise
    return listener


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, suppress(OSError):
        probe.settimeout(_ANSWER_S)
        probe.connect(str(path))
        return True
    return False
