import math

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from platformctl.adapters.cluster.traffic import prometheus
from platformctl.adapters.cluster.traffic.exposition import began, counts, samples
from platformctl.domain.counts import Counts, total
from platformctl.domain.names import RevisionId

pytestmark = pytest.mark.quick

_V1, _V2 = RevisionId("churn-v1-aaaaaa"), RevisionId("churn-v2-bbbbbb")


def _page(*codes: str, seconds: tuple[float, ...] = (), model: str = "churn") -> str:
    """What a server that gave these answers would write."""
    registry = CollectorRegistry()
    names = ("model", "revision", "protocol")
    answers = Counter("platformctl_requests", "Answers.", (*names, "code"), registry=registry)
    took = Histogram(
        "platformctl_request_seconds", "Time.", names, buckets=(0.005, 0.01, 1), registry=registry
    )
    for code in codes:
        answers.labels(model, _V1, "grpc" if code.isupper() else "v1", code).inc()
    for one in seconds:
        took.labels(model, _V1, "v1").observe(one)
    return generate_latest(registry).decode()


def test_errors_are_the_servers_and_rejected_the_clients() -> None:
    found = counts(samples(_page("200", "200", "400", "415", "500", "503", "504")))
    assert (found.requests, found.errors, found.rejected) == (7, 3, 2)


def test_statuses_of_grpc_are_told_apart_the_same_way() -> None:
    found = counts(samples(_page("OK", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "INVALID_ARGUMENT")))
    assert (found.requests, found.errors, found.rejected) == (5, 3, 1)


def test_latencies_are_in_milliseconds_and_cumulative() -> None:
    found = counts(samples(_page("200", "200", seconds=(0.004, 0.02))))
    assert found.latency == {5.0: 1, 10.0: 1, 1000.0: 2, math.inf: 2}


def test_a_label_may_hold_anything() -> None:
    assert counts(samples(_page("200", model='a "quoted", {strange}\\name\n'))).requests == 1
    (read,) = samples(_page("200", model='a "b", c="d"} 7\n'))
    assert read.labels["model"] == 'a "b", c="d"} 7\n'


def test_what_is_no_figure_of_ours_is_passed_over() -> None:
    page = "# HELP platformctl_requests_total x\nplatformctl_requests_total_more 3\nother 1\n<html>\n"
    assert counts(samples(page)) == Counts()


def test_a_time_behind_the_value_is_no_part_of_it() -> None:
    (found,) = samples('platformctl_requests_total{code="200"} 4 1700000000000')
    assert found.value == 4


def test_figures_of_several_servers_add_up() -> None:
    one = counts(samples(_page("200", "500", seconds=(0.004,))))
    both = total([one, counts(samples(_page("400", seconds=(0.02,))))])
    assert (both.requests, both.errors, both.rejected) == (3, 1, 1)
    assert both.latency == {5.0: 1, 10.0: 1, 1000.0: 2, math.inf: 2}
    assert total([]) == Counts()


@pytest.mark.parametrize("wrong", ['{code="200"} NaN', '{code="200"} +Inf', "{} many"])
def test_a_count_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"nan|inf|many"):
        counts(samples(f"platformctl_requests_total{wrong}\n"))


def test_a_bucket_without_a_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="none"):
        counts(samples("platformctl_request_seconds_bucket{} 3\n"))


def test_a_server_says_since_when_it_counts() -> None:
    assert began(samples("process_start_time_seconds 1.79531737169e+09\n")) == 1_795_317_371.69
    assert began(samples(_page("200"))) is None


def test_a_query_asks_for_both_families_of_all_revisions_at_once() -> None:
    asked = prometheus.query([_V2, _V1], "shop")
    assert f'revision=~"{_V1}|{_V2}"' in asked
    assert "platformctl_requests_total|platformctl_request_seconds_bucket" in asked
