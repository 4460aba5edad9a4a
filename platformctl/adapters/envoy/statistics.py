"""Which statistics Envoy keeps of a revision, and what they mean. Pure.

An answer is counted once, as its client saw it: retries are not, and a client that went away before
its answer is nobody's error. Envoy's own answers for a revision (503 for a dead or resetting server,
504 for a timeout) count as that revision's. An answer that breaks off after its first line has been
sent on counts by that line: Envoy has no figure a cluster for it. A request for which there is no cluster
(a 503) is no revision's; it is counted for all together.

Source: https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/upstream/cluster_manager/cluster_stats
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from platformctl.adapters.envoy.clusters import Json
from platformctl.domain.counts import Counts
from platformctl.domain.names import RevisionId

LATENCY_BOUNDS_MS = (
    *(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75),
    *(100, 150, 200, 250, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000, 30_000, 60_000),
)
"""Upper bounds of the latency histogram in ms, exclusive; one without a bound follows.

Envoy counts whole milliseconds, rounded down, to two digits. So what it has below 4.5 took less than
5 ms, and a bound of two digits is exact.
"""

_UNBOUNDED = 1e9
_ROUNDED_DOWN = 0.5

_ANSWERS = "upstream_rq_completed"
_ERRORS = "upstream_rq_5xx"
_REJECTED = "upstream_rq_4xx"
_LATENCY = "upstream_rq_time"
_LOST = "http.router.no_cluster"
_IN_FLIGHT = ("upstream_rq_active", "upstream_rq_pending_active")


def stats_config() -> Json:
    """Keep only what is read: an Envoy that counts everything has hundreds of figures a cluster."""
    kept = "|".join((_ANSWERS, _ERRORS, _REJECTED, _LATENCY, *_IN_FLIGHT))
    patterns = [
        {"safe_regex": {"regex": rf"cluster\.[^.]+\.({kept})"}},
        {"safe_regex": {"regex": r"(cluster_manager\.cds|http\.router\.rds\.routes)\.update_rejected"}},
        {"exact": _LOST},
    ]
    buckets = [*(bound - _ROUNDED_DOWN for bound in LATENCY_BOUNDS_MS), _UNBOUNDED]
    return {
        "stats_matcher": {"inclusion_list": {"patterns": patterns}},
        "histogram_bucket_settings": [{"match": {"suffix": _LATENCY}, "buckets": buckets}],
    }


def answers_pattern(revisions: Iterable[RevisionId]) -> str:
    """The names of what `counts` reads, for Envoy's filter."""
    answers = rf"cluster\.({'|'.join(revisions)})\.({_ANSWERS}|{_ERRORS}|{_REJECTED}|{_LATENCY})"
    return rf"^({answers}|{_LOST.replace('.', '[.]')})$"


def in_flight_pattern(revisions: Iterable[str]) -> str:
    """The names of the gauges of requests that these revisions have not answered yet."""
    return rf"^cluster\.({'|'.join(revisions)})\.({'|'.join(_IN_FLIGHT)})$"


def counts(stats: Sequence[Mapping[str, Any]], revision: RevisionId) -> Counts:
    """Read one revision's figures; zeros for one that Envoy does not know.

    Args:
        stats: The answer of Envoy's `/stats?format=json&histogram_buckets=cumulative`.
        revision: Whose figures.
    """
    values = {stat["name"]: stat["value"] for stat in stats if "value" in stat}
    prefix = f"cluster.{revision}."
    return Counts(
        requests=int(values.get(prefix + _ANSWERS, 0)),
        errors=int(values.get(prefix + _ERRORS, 0)),
        rejected=int(values.get(prefix + _REJECTED, 0)),
        latency=_latency(stats, prefix + _LATENCY),
        lost=int(values.get(_LOST, 0)),
    )


def is_merged(counts: Counts) -> bool:
    """Whether the latencies are as new as the other figures.

    Envoy's own errors have no latency; nor has an answer that broke off, for which this never holds.
    """
    return counts.latency.get(math.inf, 0) >= counts.requests - counts.errors


def _latency(stats: Iterable[Mapping[str, Any]], name: str) -> Mapping[float, int]:
    histograms = [one for stat in stats for one in stat.get("histograms", ()) if one["name"] == name]
    return {
        _bound(bucket["upper_bound"]): int(bucket["cumulative"])
        for histogram in histograms
        for bucket in histogram["buckets"]
    }


def _bound(envoys: float) -> float:
    return math.inf if envoys == _UNBOUNDED else envoys + _ROUNDED_DOWN
