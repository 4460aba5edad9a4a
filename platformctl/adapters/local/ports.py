"""Whether a TCP port of the loopback interface is free, and who has it."""

import contextlib
import socket

from platformctl.domain.errors import SpecError

HOST = "127.0.0.1"


def must_be_free(port: int, option: str) -> None:
    """Make sure that a port can be listened on.

    Raises:
        SpecError: It cannot; names the option, and the process that has it if that can be told.
    """
    if not 1 <= port <= 65535:  # noqa: PLR2004 - the range of TCP's ports
        raise SpecError(f"{port} is not a port", field=option, hint="choose one from 1024 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise SpecError(
                f"port {port} cannot be used: {_holder(port) or error.strerror}",
                field=option,
                hint=f"stop that, or choose another port with {option}",
            ) from error


def _holder(port: int) -> str | None:
    """Who listens there, in words. Another user's process cannot be told, nor any without psutil."""
    try:
        import psutil  # `doctor` speaks without the extra
    except ImportError:
        return None
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            here = connection.laddr and connection.laddr.port == port
            listens = here and connection.status == psutil.CONN_LISTEN
            if listens and connection.pid:
                process = psutil.Process(connection.pid)
                return f"{process.name()} (process {process.pid}) has it"
    return None
