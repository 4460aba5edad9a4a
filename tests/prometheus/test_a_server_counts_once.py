import pytest

from platformctl.adapters.cluster.traffic.prometheus import Prometheus
from platformctl.domain.names import RevisionId
from tests.prometheus.exposed import Exposed, exposing
from tests.prometheus.real import RealPrometheus

pytestmark = pytest.mark.full

V1, V2 = RevisionId("churn-v1-aaaaaa"), RevisionId("churn-v2-bbbbbb")


def _answered(revision: RevisionId, pod: str, times: int) -> Exposed:
    server = Exposed(revision, f"{revision}-{pod}")
    server.answer("200", times, slow=2)
    return server


def test_also_if_two_jobs_scrape_it(prometheus: RealPrometheus) -> None:
    server = _answered(V1, "predictor-a", 7)
    with exposing([server]):
        prometheus.scrape({server.address: {"pod": server.pod}}, jobs=("servers", "again"))
        found = Prometheus(prometheus.url, "shop").read([V1])[V1]
    assert (found.requests, found.latency) == (7, {100.0: 5, float("inf"): 7})
    assert found.parts is not None
    assert found.parts.keys() == {server.address}


def test_of_a_revision_with_a_separate_transformer_only_that_one(prometheus: RealPrometheus) -> None:
    servers = [_answered(V1, "predictor-a", 9), _answered(V1, "transformer-b", 4), _answered(V2, "x", 3)]
    with exposing(servers):
        prometheus.scrape({server.address: {"pod": server.pod} for server in servers})
        found = Prometheus(prometheus.url, "shop").read([V1, V2])
    assert (found[V1].requests, found[V2].requests) == (4, 3)


def test_in_another_namespace_it_is_anothers(prometheus: RealPrometheus) -> None:
    ours, theirs = _answered(V1, "predictor-a", 5), _answered(V1, "predictor-b", 8)
    with exposing([ours, theirs]):
        prometheus.scrape({ours.address: {"namespace": "shop"}, theirs.address: {"namespace": "other"}})
        found = Prometheus(prometheus.url, "shop").read([V1])[V1]
    assert found.requests == 5


def test_it_says_since_when_it_runs_and_when_it_was_scraped(prometheus: RealPrometheus) -> None:
    server = Exposed(V1, f"{V1}-predictor-a", began=1_795_317_371.69)
    with exposing([server]):
        prometheus.scrape({server.address: {"pod": server.pod}})
        found = Prometheus(prometheus.url, "shop").read([V1])[V1]
    assert found.parts is not None
    (part,) = found.parts.values()
    assert (part.requests, part.began) == (0, 1_795_317_371.69)
    assert part.at is not None
    assert found.at is not None
    assert 0 <= found.at - part.at < 60
