"""HTTP over a unix socket, with the standard library."""

import http.client
import socket
from pathlib import Path


class UnixConnection(http.client.HTTPConnection):
    """A connection to a server that listens on a unix socket.

    Args:
        path: The socket.
        timeout: Seconds, for connecting and for each read.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect; called by `request`."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def status_of(path: Path, url: str, timeout: float) -> int | None:
    """The status that GET answers with; None if there is no answer within `timeout` seconds."""
    answer = get(path, url, timeout)
    return answer[0] if answer else None


def get(path: Path, url: str, timeout: float) -> tuple[int, bytes] | None:
    """The status and body that GET answers with; None if there is no answer within `timeout` seconds."""
    connection = UnixConnection(path, timeout)
    try:
        connection.request("GET", url)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
