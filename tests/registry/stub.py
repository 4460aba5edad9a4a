"""A server that answers as a test says, for what no MLflow server does on demand."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Said:
    """An answer; what is not text is sent as JSON."""

    content: object = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @property
    def body(self) -> bytes:
        return self.content.encode() if isinstance(self.content, str) else json.dumps(self.content).encode()


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Stub:
    """Where it listens, and what it was asked."""

    uri: str
    asked: list[Asked]


@contextmanager
def answering(answer: Callable[[Asked], Said]) -> Iterator[Stub]:
    """Answer requests until the end of the block."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Asked(self.command, self.path, dict(self.headers))
            asked.append(request)
            said = answer(request)
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)
            # A length that is not true is only noticed once the connection ends.
            self.close_connection = "Content-Length" in said.headers

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Stub(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def endpoints(answers: Mapping[str, Said]) -> Callable[[Asked], Said]:
    """Answer by the end of the path, and by the method before it if there is one; else MLflow's 404."""

    def answer(asked: Asked) -> Said:
        path = asked.target.partition("?")[0]
        for key, said in answers.items():
            method, _, end = key.rpartition(" ")
            if path.endswith(end) and method in {"", asked.method}:
                return said
        return Said({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": path}, 404)

    return answer
