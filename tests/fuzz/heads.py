"""Heads of HTTP/1.1 requests, right and wrong."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

V1 = b"/v1/models/churn:predict"
V2 = b"/v2/models/churn/infer"

_METHODS = [
    b"POST",
    b"GET",
    b"PUT",
    b"HEAD",
    b"OPTIONS",
    b"DELETE",
    b"CONNECT",
    b"PRI",
    b"post",
    b"",
    b"\x00",
]
_TARGETS = [
    *(V1, V2, b"/v1/models/other:predict", b"/v2/models/other/infer", b"/v1/models/churn:explain"),
    *(b"/v1/models", b"/v1/models/churn", b"/v2", b"/v2/health/live", b"/v2/health/ready", b"/metrics"),
    *(
        b"/v2/models/churn",
        b"/v2/models/churn/ready",
        b"/v2/models/churn/versions/1/infer",
        b"/platformctl/about",
    ),
    *(b"/v2/repository/models/churn/load", b"/v2/repository/models/churn/unload", b"/", b"*", b"//", b"/%00"),
    *(b"/v1/models/%ff:predict", b"/v1/models/churn:predict?x=%zz", b"http://x/v1/models/churn:predict"),
    *(b"/v1/models/../churn:predict", b"/openapi.json", b"/docs", b"", b"/\xff", b"/" + b"a" * 70_000),
]
_VERSIONS = [b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/1.2", b"HTTP", b""]
_HEADERS: dict[bytes, Sequence[bytes]] = {
    b"content-length": [
        b"0",
        b"5",
        b"-1",
        b"+5",
        b"1e3",
        b"0x5",
        b"",
        b"5, 5",
        b"99999999999999999999",
        b"4_0",
    ],
    b"transfer-encoding": [b"chunked", b"identity", b"gzip, chunked", b"chunked, chunked", b"x"],
    b"content-type": [
        *(b"application/json", b"text/plain", b"", b"application/cloudevents+json", b"multipart/form-data"),
        *(
            b"application/octet-stream",
            b"application/cloudevents-batch+json",
            b"application/json; charset=utf-16",
        ),
        *(b"\xff", b"text/json;", b"application/x-www-form-urlencoded"),
    ],
    b"content-encoding": [b"gzip", b"identity", b""],
    b"expect": [b"100-continue", b"200-ok"],
    b"connection": [b"close", b"keep-alive", b"upgrade", b"x" * 99],
    b"upgrade": [b"websocket", b"h2c"],
    b"host": [b"x", b"", b"\xff", b"a:b:c", b"x" * 300],
    b"accept": [b"*/*", b"application/octet-stream", b"\x80"],
    b"inference-header-content-length": [b"5", b"0", b"-1", b"x", b"", b"99999999999"],
    b"x-envoy-expected-rq-timeout-ms": [b"0", b"1", b"-1", b"x", b"9" * 30, b"\xb2", b"1" * 5000],
    b"x-request-id": [b"r-1", b"", b"\xff\xfe", b"a\tb", b"x" * 9000],
    b"traceparent": [b"00-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01", b"", b"zz", b"\xff"],
    b"ce-specversion": [b"1.0", b"0.3", b"", b"9"],
    b"ce-id": [b"1", b"", b"\xff"],
    b"ce-source": [b"x", b"\xff"],
    b"ce-type": [b"rows", b""],
    b"ce-time": [b"2024-01-01T00:00:00Z", b"soon"],
    b"sec-websocket-key": [b"dGhlIHNhbXBsZSBub25jZQ=="],
    b"sec-websocket-version": [b"13"],
}


def _named(name: bytes) -> SearchStrategy[tuple[bytes, bytes]]:
    return st.tuples(st.just(name), st.sampled_from(_HEADERS[name]) | st.binary(max_size=9))


_HEADER = st.sampled_from(sorted(_HEADERS)).flatmap(_named)


@st.composite
def requests(draw: st.DrawFn, bodies: SearchStrategy[bytes]) -> bytes:
    """A request whose head has oddities, with a body that may not be of the length it says."""
    body = draw(bodies)
    method = draw(st.sampled_from([b"POST"] * 8 + _METHODS))
    target = draw(st.sampled_from([V1, V2] * 6 + _TARGETS))
    version = draw(st.sampled_from([b"HTTP/1.1"] * 10 + _VERSIONS))
    headers = draw(st.lists(_HEADER, max_size=4))
    lines = [b" ".join((method, target, version)), b"host: x"]
    if draw(st.integers(0, 3)):
        lines.append(b"content-length: %d" % len(body))
    lines += [name + b": " + value for name, value in headers]
    end = draw(st.sampled_from([b"\r\n"] * 12 + [b"\n", b"\r"]))
    return end.join([*lines, b"", b""]) + (_chunked(body) if draw(st.integers(0, 5)) == 0 else body)


def request(target: bytes, body: bytes, kind: bytes = b"application/json") -> bytes:
    """A well-formed request."""
    lines = [b"POST %s HTTP/1.1" % target, b"host: x", b"content-type: " + kind]
    return b"\r\n".join([*lines, b"content-length: %d" % len(body), b"", body])


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
