import http.server
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from platformctl.adapters.cluster.api.client import open_api
from platformctl.adapters.cluster.api.kubeconfig import Access
from platformctl.adapters.cluster.traffic.counters import ClusterCounters
from platformctl.domain.errors import Unreachable
from platformctl.domain.names import Name, RevisionId

pytestmark = pytest.mark.quick

_V1, _V2 = RevisionId("churn-v1-aaaaaa"), RevisionId("churn-v2-bbbbbb")


@dataclass
class Recorded:
    """A server that gives one answer, as a Prometheus 2.42 has given it."""

    body: bytes
    url: str = ""
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def prometheus() -> Iterator[Recorded]:
    recorded = Recorded(b"")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            recorded.asked += parse_qs(urlsplit(self.path).query)["query"]
            self.send_response(200)
            self.send_header("content-length", str(len(recorded.body)))
            self.end_headers()
            self.wfile.write(recorded.body)

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        recorded.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield recorded
        server.shutdown()
        thread.join()


def _answers(revision: str, pod: str, code: str, count: str | int) -> Mapping[str, Any]:
    metric = {"__name__": "platformctl_requests_total", "revision": revision, "code": code, "pod": pod}
    metric |= {"instance": f"{pod}:8080"}
    return {"metric": metric, "value": [1795291200.0, str(count)]}


def _said(*series: Mapping[str, Any]) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": series}}).encode()


def _counters(prometheus: Recorded) -> ClusterCounters:
    return ClusterCounters(open_api(Access(None), "shop", {}), prometheus.url)


def test_one_question_has_the_figures_of_all_revisions(prometheus: Recorded) -> None:
    prometheus.body = _said(
        _answers(_V1, f"{_V1}-predictor-7d9-x2k4p", "200", 5),
        _answers(_V1, f"{_V1}-predictor-7d9-h7q2z", "500", 1),
    )
    found = _counters(prometheus).read(Name("churn"), [_V1, _V2])
    assert (found[_V1].requests, found[_V1].errors, found[_V2].requests) == (6, 1, 0)
    assert len(prometheus.asked) == 1
    assert 'namespace=~"(shop)?"' in prometheus.asked[0]
    assert len(found[_V1].parts or ()) == 2
    assert found[_V2].parts == {}


def test_of_a_revision_with_a_separate_transformer_that_one_counts(prometheus: Recorded) -> None:
    prometheus.body = _said(
        _answers(_V1, f"{_V1}-predictor-7d9-x2k4p", "OK", 9),
        _answers(_V1, f"{_V1}-transformer-5c4-q8w3e", "200", 4),
    )
    assert _counters(prometheus).read(Name("churn"), [_V1])[_V1].requests == 4


def test_a_server_that_another_job_scrapes_without_naming_its_pod_counts_once(prometheus: Recorded) -> None:
    named = _answers(_V1, f"{_V1}-transformer-5c4-q8w3e", "200", 4)
    unnamed = {**named, "metric": {**named["metric"], "pod": ""}}
    predictor = _answers(_V1, f"{_V1}-predictor-7d9-x2k4p", "OK", 9)
    for series in ([named, unnamed, predictor], [unnamed, named, predictor]):
        prometheus.body = _said(*series)
        assert _counters(prometheus).read(Name("churn"), [_V1])[_V1].requests == 4


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"status": "error", "error": "parse error"}',
        b"[]",
        b'{"status": "success", "data": []}',
        _said({"metric": {}, "value": [1.0, "3"]}),
        _said({"metric": {"revision": _V1}, "value": 3}),
        _said(_answers(_V1, "p", "200", "NaN")),
        _said(_answers(_V1, "p", "200", 10**400)),
        _said({"metric": [], "value": [1.0, "3"]}),
        _said({**_answers(_V1, "p", "200", 3), "value": ["now", "3"]}),
        _said({**_answers(_V1, "p", "200", 3), "metric": {"revision": _V1, "pod": 3}}),
        b"[" * 200_000,
    ],
)
def test_one_that_gives_no_figures_is_down(prometheus: Recorded, body: bytes) -> None:
    prometheus.body = body
    with pytest.raises(Unreachable, match="gives no figures") as unreachable:
        _counters(prometheus).read(Name("churn"), [_V1])
    assert unreachable.value.field == "prometheus"


def test_one_that_is_not_there_is_down(prometheus: Recorded) -> None:
    prometheus.url = "http://127.0.0.1:1"
    with pytest.raises(Unreachable):
        _counters(prometheus).read(Name("churn"), [_V1])


def test_a_password_is_not_shown(prometheus: Recorded) -> None:
    prometheus.url = prometheus.url.replace("//", "//me:s3cret@")
    with pytest.raises(Unreachable, match="has a user or a password") as unreachable:
        _counters(prometheus).read(Name("churn"), [_V1])
    assert "s3cret" not in str(unreachable.value)
    assert prometheus.asked == []


def test_of_no_revisions_nothing_is_asked(prometheus: Recorded) -> None:
    assert _counters(prometheus).read(Name("churn"), []) == {}
    assert prometheus.asked == []
