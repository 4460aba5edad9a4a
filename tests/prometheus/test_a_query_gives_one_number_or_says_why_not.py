"""Of a real Prometheus, and of what may answer in its place."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from platformctl.adapters.prometheus.metrics import PrometheusMetrics
from platformctl.domain.errors import PlatformctlError, Refused, Unreachable
from platformctl.usecases.automatic import LOOK_SECONDS
from tests.ports import free_port
from tests.prometheus.real import RealPrometheus

OTHER = "http://127.0.0.1:1"


@pytest.mark.full
@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("scalar(vector(4.5))", 4.5),
        ("1 + 1", 2.0),
        ("vector(7)", 7.0),
        ("sum(vector(3)) / sum(vector(4))", 0.75),
        ("vector(-0.5)", -0.5),
    ],
)
def test_a_scalar_or_a_vector_of_one_is_a_number(
    prometheus: RealPrometheus, query: str, value: float
) -> None:
    assert PrometheusMetrics(prometheus.url).query(None, query) == value
    assert PrometheusMetrics(OTHER, seconds=7.5).query(prometheus.url + "/", query) == value, (
        "the gate's own address wins"
    )


@pytest.mark.full
@pytest.mark.parametrize(
    ("query", "says", "way_out"),
    [
        ('vector(1) or label_replace(vector(2), "a", "b", "", "")', "gives 2 numbers", "sum(...)"),
        ("absent(vector(1))", "gives nothing", "none yet"),
        ("nobody_has_such_figures", "gives nothing", "none yet"),
        ("vector(0) / 0", "gives nan", "divided by 0"),
        ("1 / 0", "gives inf", "divided by 0"),
        ("-1 / 0", "gives -inf", "divided by 0"),
        ("up[5m]", "gives no number", "rate(x[5m])"),
        ('"text"', "gives no number", "rate"),
        ("sum(", "parse error", "Prometheus's own page"),
        ("nothing{", "parse error", "Prometheus's own page"),
        ('label_replace(vector(1), "a", "b", "c", "(")', "invalid regular expression", "own page"),
    ],
)
def test_a_query_that_gives_anything_else_is_refused(
    prometheus: RealPrometheus, query: str, says: str, way_out: str
) -> None:
    with pytest.raises(Refused) as refused:
        PrometheusMetrics(prometheus.url).query(None, query)
    assert refused.value.message.startswith(f"{query}: ")
    assert says in refused.value.message
    assert way_out in (refused.value.hint or "")


@pytest.mark.full
def test_one_that_hangs_is_given_up(prometheus: RealPrometheus) -> None:
    began = time.monotonic()
    with prometheus.hanging(), pytest.raises(Unreachable, match=r"does not answer: .*timed out"):
        PrometheusMetrics(prometheus.url, seconds=0.3).query(None, "1")
    assert time.monotonic() - began < 3
    assert PrometheusMetrics(prometheus.url).query(None, "1") == 1


@pytest.mark.quick
def test_without_an_address_nobody_is_asked() -> None:
    with pytest.raises(Refused, match="no Prometheus to ask") as refused:
        PrometheusMetrics(None).query(None, "1")
    assert "platformctl.toml" in (refused.value.hint or "")


@pytest.mark.quick
def test_one_that_is_not_there_is_down() -> None:
    with pytest.raises(Unreachable, match=r"does not answer: .*refused"):
        PrometheusMetrics(f"http://127.0.0.1:{free_port()}").query(None, "1")


def _http(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


_PAGE = "<html>sign in</html>"
_SAID = '{"status": "error", "errorType": "x", "error": "query timed out"}'
_HUGE = f'{{"status": "success", "data": {{"resultType": "scalar", "result": [1, {10**400}]}}}}'
_NOT_IT = "is no Prometheus"


@pytest.mark.quick
@pytest.mark.parametrize(
    ("answer", "kind", "says", "way_out"),
    [
        (_http("200 OK", _PAGE), Unreachable, _NOT_IT, "without /api"),
        (_http("200 OK", "[" * 200_000), Unreachable, _NOT_IT, "without /api"),
        (_http("502 Bad Gateway", "[" * 200_000), Unreachable, "502: Bad Gateway", "until it answers"),
        (_http("200 OK", _HUGE), Refused, "1: gives no number", "rate(x[5m])"),
        (_http("200 OK", "[1]"), Unreachable, _NOT_IT, "without /api"),
        (_http("200 OK", '{"status": "success"}'), Unreachable, _NOT_IT, "without /api"),
        (_http("200 OK", _SAID), Unreachable, _NOT_IT, "without /api"),
        (_http("404 Not Found", _PAGE), Unreachable, _NOT_IT, "without /api"),
        (_http("400 Bad Request", _PAGE), Unreachable, _NOT_IT, "without /api"),
        (_http("422 Unprocessable Entity", _SAID), Refused, "1: query timed out", "own page"),
        (_http("401 Unauthorized", _PAGE), Unreachable, "401: Unauthorized", "lets us in"),
        (_http("503 Service Unavailable", _SAID), Unreachable, "503: query timed out", "until it answers"),
        (_http("502 Bad Gateway", _PAGE), Unreachable, "502: Bad Gateway", "until it answers"),
        (_http("200 OK", _SAID)[:-9], Unreachable, "does not answer", "until it does"),
        (b"220 mail.example.com ESMTP\r\n", Unreachable, "does not answer", "until it does"),
        (b"", Unreachable, "does not answer", "until it does"),
    ],
)
def test_what_answers_in_its_place_is_told_apart(
    answer: bytes, kind: type[PlatformctlError], says: str, way_out: str
) -> None:
    with _answering(answer) as address, pytest.raises(kind) as caught:
        PrometheusMetrics(address).query(None, "1")
    assert says in caught.value.message
    assert way_out in (caught.value.hint or "")


@pytest.mark.quick
def test_a_password_is_neither_sent_nor_shown() -> None:
    with pytest.raises(Refused, match="has a user or a password") as refused:
        PrometheusMetrics("http://me:s3cret@127.0.0.1:9090/x").query(None, "1")
    assert "s3cret" not in str(refused.value)


@pytest.mark.quick
@pytest.mark.parametrize("begins", [b"", b"HTTP/1.1 200 OK\r\n", _http("200 OK", _SAID)[:-9]])
def test_an_answer_that_does_not_end_is_given_up(begins: bytes) -> None:
    began = time.monotonic()
    with _answering(begins, hold=True) as address, pytest.raises(Unreachable, match="timed out"):
        PrometheusMetrics(address, seconds=0.3).query(None, "1")
    assert time.monotonic() - began < 3


@pytest.mark.quick
def test_an_answer_that_comes_drop_by_drop_is_given_up() -> None:
    with (
        _answering(b"HTTP/1.1 200 OK\r\n\r\n", drip=b" ") as address,
        pytest.raises(Unreachable, match=r"takes longer than 0\.3 s"),
    ):
        PrometheusMetrics(address, seconds=0.3).query(None, "1")


@pytest.mark.quick
def test_one_that_does_not_answer_is_not_waited_for_with_each_query(monkeypatch: pytest.MonkeyPatch) -> None:
    metrics, asked, now = PrometheusMetrics(OTHER), list[tuple[str, float]](), 100.0

    def silent(where: str, text: str, seconds: float) -> None:
        asked.append((text, seconds))
        raise Unreachable(f"{where} says nothing to {text}")

    monkeypatch.setattr("platformctl.adapters.prometheus.metrics.ask", silent)
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr("platformctl.adapters.prometheus.metrics.time", clock)
    elsewhere = "http://127.0.0.1:2"
    for where, text in ((None, "first"), (None, "second"), (None, "third"), (elsewhere, "elsewhere")):
        with pytest.raises(Unreachable, match=f"says nothing to {text}"):
            metrics.query(where, text)
    now += LOOK_SECONDS
    with pytest.raises(Unreachable):
        metrics.query(None, "later")
    assert asked == [("first", 5.0), ("second", 0.5), ("third", 0.5), ("elsewhere", 5.0), ("later", 5.0)]


@pytest.mark.quick
def test_a_certificate_that_nobody_knows_has_its_way_out(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        [*made, "-keyout", key, "-out", certificate, "-days", "2", *subject], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with _answering(b"", tls=context) as address, pytest.raises(Unreachable, match="CERTIFICATE") as caught:
        PrometheusMetrics(address).query(None, "1")
    assert "SSL_CERT_FILE" in (caught.value.hint or "")


@contextmanager
def _answering(
    said: bytes, *, hold: bool = False, drip: bytes = b"", tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A server that says this to whoever connects; and then waits, or goes on drop by drop."""
    done = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                talk = tls.wrap_socket(connection, server_side=True) if tls else connection
                talk.recv(65_536)
                talk.sendall(said)
                while drip and not done.wait(0.02):
                    talk.sendall(drip)
                if hold:
                    done.wait(30)
            except OSError:
                pass  # it has given us up

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        host = "localhost" if tls else "127.0.0.1"
        yield f"{'https' if tls else 'http'}://{host}:{listener.getsockname()[1]}"
        done.set()
        thread.join()
