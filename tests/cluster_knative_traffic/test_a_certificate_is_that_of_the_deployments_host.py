import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.traffic.dialer import Dialer
from platformctl.adapters.cluster.traffic.doors import Door, Way
from platformctl.domain.errors import Unreachable
from tests.cluster.certificates import Authority, Pair
from tests.cluster_knative_traffic.values import HOST
from tests.cluster_target.kubeconfigs import one, written

pytestmark = pytest.mark.quick


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@contextmanager
def _proxy(pair: Pair) -> Iterator[Way]:
    """A proxy that says hello to each that trusts it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, context))
        thread.start()
        door = Door("https", *listener.getsockname())
        yield Way("the ingress", "https", 443, [door], None, "kubectl get service")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):  # closed
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as opened:
                opened.sendall(b"hello")


def _dial(folder: Path, way: Way) -> bytes:
    dialer = Dialer(open_api(Access(written(folder, one())), environ={}))
    with dialer.dial(way, HOST, 10) as opened:
        return opened.recv(5)


def test_one_that_is_trusted_is_spoken_to(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.pair.certificate))
    with _proxy(authority.issue("proxy", hosts=[HOST])) as way:
        assert _dial(tmp_path, way) == b"hello"


@pytest.mark.parametrize("host", [HOST, "other.example.com"])
def test_one_that_is_not_is_an_error_that_names_it(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    if host != HOST:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.pair.certificate))
    with (
        _proxy(authority.issue("proxy", hosts=[host])) as way,
        pytest.raises(
            Unreachable, match=f"the certificate of the ingress for {HOST} is not trusted"
        ) as raised,
    ):
        _dial(tmp_path, way)
    assert raised.value.hint == "SSL_CERT_FILE names the certificates that are"
