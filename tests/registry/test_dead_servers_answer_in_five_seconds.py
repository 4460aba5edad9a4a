"""However a server is dead, a person waits five seconds, not MLflow's 248."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from platformctl.adapters.registry.rest.registry import RestRegistry
from platformctl.domain.errors import Unreachable
from platformctl.domain.version_ref import Alias
from tests.ports import free_port

pytestmark = pytest.mark.quick

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"


@contextmanager
def _listening(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """Accept connections and let `talk` have them until the event is set."""
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def accept() -> None:
            talks = []
            while not is_over.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                talks.append(threading.Thread(target=_converse, args=(talk, connection, is_over)))
                talks[-1].start()
            for each in talks:
                each.join()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            is_over.set()
            thread.join()


def _converse(
    talk: Callable[[socket.socket, threading.Event], None],
    connection: socket.socket,
    is_over: threading.Event,
) -> None:
    with connection:
        try:
            talk(connection, is_over)
        except OSError:
            return  # the other side has gone, as it should


def _say_nothing(_: socket.socket, is_over: threading.Event) -> None:
    is_over.wait()


def _drip_head(connection: socket.socket, is_over: threading.Event) -> None:
    for byte in _HEAD * 100:
        connection.sendall(bytes([byte]))
        if is_over.wait(0.2):
            return


def _drip_body(connection: socket.socket, is_over: threading.Event) -> None:
    connection.sendall(_HEAD)
    while not is_over.wait(0.2):
        connection.sendall(b" ")


def _hang_up(connection: socket.socket, _: threading.Event) -> None:
    connection.recv(1000)


def _speak_no_http(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def _refusal(uri: str, environ: dict[str, str] | None = None) -> tuple[Unreachable, float]:
    started = time.monotonic()
    with pytest.raises(Unreachable) as answer:
        RestRegistry(uri, environ or {}).resolve("churn", Alias("champion"))
    assert answer.value.hint
    assert uri in answer.value.message
    return answer.value, time.monotonic() - started


def test_a_server_that_says_nothing() -> None:
    with _listening(_say_nothing) as port:
        answer, seconds = _refusal(f"http://127.0.0.1:{port}")
    assert answer.message.endswith("did not answer in 4.5 s")
    assert 4 < seconds < 5


@pytest.mark.parametrize("talk", [_say_nothing, _drip_head, _drip_body])
def test_no_way_of_being_slow_outlasts_the_time_that_mlflows_variable_sets(
    talk: Callable[[socket.socket, threading.Event], None],
) -> None:
    with _listening(talk) as port:
        answer, seconds = _refusal(f"http://127.0.0.1:{port}", {"MLFLOW_HTTP_REQUEST_TIMEOUT": "1"})
    assert answer.message.endswith("did not answer in 1 s")
    assert seconds < 1.5


def test_tls_that_does_not_come_to_an_end() -> None:
    with _listening(_say_nothing) as port:
        _, seconds = _refusal(f"https://127.0.0.1:{port}", {"MLFLOW_HTTP_REQUEST_TIMEOUT": "1"})
    assert seconds < 1.5


@pytest.mark.parametrize("talk", [_hang_up, _speak_no_http])
def test_a_server_that_speaks_no_http(talk: Callable[[socket.socket, threading.Event], None]) -> None:
    with _listening(talk) as port:
        answer, seconds = _refusal(f"http://127.0.0.1:{port}")
    assert "does not speak HTTP" in answer.message
    assert seconds < 1


def test_a_port_that_nothing_listens_on() -> None:
    answer, seconds = _refusal(f"http://127.0.0.1:{free_port()}")
    assert answer.message.endswith("nothing listens there")
    assert seconds < 1


def test_a_host_that_no_name_server_knows() -> None:
    answer, seconds = _refusal("http://mlflow.invalid")
    assert "mlflow.invalid" in answer.message
    assert seconds < 5


def test_a_server_that_speaks_no_tls() -> None:
    with _listening(_speak_no_http) as port:
        answer, seconds = _refusal(f"https://127.0.0.1:{port}")
    assert "TLS failed" in answer.message
    assert seconds < 1
