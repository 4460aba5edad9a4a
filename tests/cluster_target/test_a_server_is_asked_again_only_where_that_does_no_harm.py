import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from platformctl.adapters.cluster.api.client import Api, open_api
from platformctl.adapters.cluster.api.kinds import HTTP_ROUTE, LEASE
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.domain.errors import Unreachable
from tests.cluster_target.kubeconfigs import one, written
from tests.ports import free_port
from tests.registry.stub import Asked, Said, answering

pytestmark = pytest.mark.quick

_LEASE = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "x"}}


def _api(folder: Path, server: str, **user: str) -> Api:
    return open_api(Access(written(folder, one(server, **user))), environ={})


@contextmanager
def _tcp(*replies: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers each connection with one of the replies, and closes it."""
    came: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):  # who asked may be gone by now, and so may the test
                for reply in replies:
                    connection, _ = listening.accept()
                    with connection:
                        came.append(connection.recv(65536))
                        connection.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", came


_EMPTY = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"items": []}'


def test_a_busy_server_is_asked_again_when_it_says_so(tmp_path: Path) -> None:
    def answer(_: Asked) -> Said:
        if len(stub.asked) < 3:
            headers = {"Retry-After": "0", "Content-Length": "2"}
            return Said("{}", 429, headers)
        return Said(_LEASE, 201)

    with answering(answer) as stub:
        made = _api(tmp_path, stub.uri).create(_LEASE)
    assert made == _LEASE
    assert len(stub.asked) == 3


def test_a_server_that_does_not_say_when_is_not_asked_again(tmp_path: Path) -> None:
    with answering(lambda _: Said({"kind": "Status", "message": "no"}, 503)) as stub:
        with pytest.raises(Unreachable, match="out of order"):
            _api(tmp_path, stub.uri).get(HTTP_ROUTE, "churn")
        assert len(stub.asked) == 1


def test_a_question_is_repeated_when_the_connection_breaks_off(tmp_path: Path) -> None:
    with _tcp(b"", _EMPTY) as (uri, came):
        assert _api(tmp_path, uri).list(HTTP_ROUTE) == []
    assert len(came) == 2


def test_a_change_is_not(tmp_path: Path) -> None:
    with _tcp(b"", _EMPTY) as (uri, came), pytest.raises(Unreachable, match="broke off"):
        _api(tmp_path, uri).create(_LEASE)
    assert len(came) == 1


def test_a_request_as_it_is_goes_once_and_comes_back_whatever_it_says(tmp_path: Path) -> None:
    said = Said("later", 503, {"Retry-After": "0", "Content-Length": "5"})
    with answering(lambda _: said) as stub:
        reply = _api(tmp_path, stub.uri).raw("POST", "/a%20b", query=[("c", "d e")], body=b"not JSON")
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (503, b"later", "0")
    assert [request.target for request in stub.asked] == ["/a%20b?c=d+e"]


def test_who_asks_is_said(tmp_path: Path) -> None:
    with answering(lambda _: Said({"items": []})) as stub:
        document = one(stub.uri, token="secret")  # noqa: S106 - a test's
        document["users"][0]["user"] |= {"as": "eve", "as-groups": ["a", "b"]}
        open_api(Access(written(tmp_path, document)), environ={}).list(LEASE)
    headers = {name.lower(): value for name, value in stub.asked[0].headers.items()}
    assert (headers["authorization"], headers["impersonate-user"]) == ("Bearer secret", "eve")


def test_pages_are_read_to_the_end_and_anew_when_they_are_too_old(tmp_path: Path) -> None:
    expired = Said({"kind": "Status", "reason": "Expired", "message": "too old"}, 410)
    first = Said({"metadata": {"continue": "more"}, "items": [{"metadata": {"name": "a"}}]})
    second = Said({"metadata": {}, "items": [{"metadata": {"name": "b"}}]})
    answers = iter([first, expired, first, second])
    with answering(lambda _: next(answers)) as stub:
        found = _api(tmp_path, stub.uri).list(HTTP_ROUTE, "a=b", namespace="")
    assert [item["metadata"]["name"] for item in found] == ["a", "b"]
    assert {item["kind"] for item in found} == {"HTTPRoute"}
    assert "continue=more" in stub.asked[-1].target
    assert stub.asked[0].target.startswith("/apis/gateway.networking.k8s.io/v1/httproutes?")


def test_an_expired_token_is_fetched_anew_from_its_plugin(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    code = (
        f"import json, pathlib; f = pathlib.Path({str(counter)!r}); "
        "n = int(f.read_text()) + 1 if f.exists() else 1; f.write_text(str(n)); "
        "print(json.dumps({'status': {'token': f'token-{n}'}}))"
    )

    def answer(asked: Asked) -> Said:
        is_new = asked.headers.get("authorization") == "Bearer token-2"
        return Said({"items": []}) if is_new else Said({"kind": "Status", "message": "who?"}, 401)

    with answering(answer) as stub:
        document = one(stub.uri)
        document["users"][0]["user"] = {"exec": {"command": "python3", "args": ["-c", code]}}
        api = open_api(Access(written(tmp_path, document)), environ={"PATH": "/usr/local/bin:/usr/bin:/bin"})
        assert api.list(HTTP_ROUTE) == []
        assert api.list(HTTP_ROUTE) == []
    assert len(stub.asked) == 3


def test_what_does_not_listen_does_not_resolve_or_is_not_https_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="nothing listens there") as error:
        _api(tmp_path, f"http://127.0.0.1:{free_port()}").get(HTTP_ROUTE, "churn")
    assert "ours" in str(error.value)
    with pytest.raises(Unreachable, match=r"no such host, nowhere\.invalid"):
        _api(tmp_path, "https://nowhere.invalid:6443").get(HTTP_ROUTE, "churn")
    with _tcp(_EMPTY) as (uri, _), pytest.raises(Unreachable, match=r"TLS failed|does not speak"):
        _api(tmp_path, uri.replace("http:", "https:")).create(_LEASE)


def test_a_server_that_says_nothing_is_left_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(Unreachable, match=r"did not answer in 0\.2 s"):
            _api(tmp_path, uri).raw("GET", "/", timeout=0.2)
