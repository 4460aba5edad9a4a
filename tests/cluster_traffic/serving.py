"""A gateway that does what each request's body tells it to, and remembers what it was asked."""

import contextlib
import io
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; header names in lower case."""

    connection: int
    line: str
    headers: Mapping[str, str]


@dataclass
class TinyGateway:
    """It listens on `port`. A body is `STATUS`, `reset` (no answer), `wait` (none either) or `then-close`.

    Args:
        served: The host that it redirects a GET to.
        ignorant: So many requests find it without a backend.
    """

    listener: socket.socket
    asked: list[Asked] = field(default_factory=list)
    served: str = ""
    ignorant: int = 0
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def connect(self, host: str, seconds: float) -> socket.socket:  # noqa: ARG002 - as whoever connects does
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def run(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                connection, _ = self.listener.accept()
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection, len(self._open)))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rwb") as stream, contextlib.suppress(OSError):
            while self._answer(stream, number):
                pass

    def _answer(self, stream: io.BufferedRWPair, number: int) -> bool:
        line = stream.readline().decode().strip()
        if not line:
            return False
        pairs = iter(lambda: stream.readline().decode().strip(), "")
        headers = {name.lower(): value for name, _, value in (pair.partition(": ") for pair in pairs)}
        self.asked.append(Asked(number, line, headers))
        do = stream.read(int(headers.get("content-length", "0"))).decode() or "302"
        if self.ignorant:
            self.ignorant -= 1
            stream.write(b"HTTP/1.1 503 So\r\ncontent-length: 0\r\n\r\n")
            stream.flush()
            return True
        if do == "wait":
            stream.read(1)  # until the client has left
        if do in ("reset", "wait"):
            return False
        status = do if do.isdecimal() else "200"
        location = f"location: http://{self.served}:80/x\r\n" if status == "302" else ""
        who = "x-platformctl-revision: churn-v1-aaaaaa\r\n"
        stream.write(f"HTTP/1.1 {status} So\r\n{location}{who}content-length: 2\r\n\r\n{{}}".encode())
        stream.flush()
        return do != "then-close"

    def close(self) -> None:
        for one in (self.listener, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def tiny_gateway() -> Iterator[TinyGateway]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gateway = TinyGateway(listener)
        thread = threading.Thread(target=gateway.run)
        thread.start()
        try:
            yield gateway
        finally:
            gateway.close()
            thread.join()
