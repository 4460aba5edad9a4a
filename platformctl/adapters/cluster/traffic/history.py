"""What the servers' figures were, from a Prometheus that has scraped them: one query of a range.

Protocol: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries
"""

import http.client
import json
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from platformctl.adapters.cluster.traffic import exposition
from platformctl.adapters.cluster.traffic.exposition import LATENCY, REQUESTS, Sample
from platformctl.domain.counts import Counts, of_parts
from platformctl.domain.durations import shown
from platformctl.domain.errors import Refused, SpecError, Unreachable
from platformctl.domain.names import RevisionId
from platformctl.domain.readings import Moment, Period

MOST = 11_000
"""Points of one series that Prometheus gives at most."""

_SECONDS = 60.0
_QUERY_IS_WRONG = (http.client.BAD_REQUEST, http.client.UNPROCESSABLE_ENTITY)

_Source = str
"""One server: a pod, or, where the scrape gives no such label, the address that was scraped."""

_Figures = Mapping[float, Counts]
"""Of one server, by the time in seconds since 1970."""


class PrometheusHistory:
    """The past of revisions, from one Prometheus.

    Servers are told apart, so that the restart of one says nothing of the others. Of a revision with a
    separate transformer only that counts, if the scrape gives figures a label `pod`.

    Args:
        url: Its address, without `/api`; None: there is none.
        namespace: That of the pods; None: any.
    """

    def __init__(self, url: str | None, namespace: str | None) -> None:
        self._url = url.rstrip("/") if url else None
        self._namespace = namespace

    def read(self, revisions: Sequence[RevisionId], period: Period, step: timedelta) -> Sequence[Moment]:
        """Read the figures of the given revisions in a period, oldest first.

        Raises:
            SpecError: So small a step gives more points than Prometheus does.
            Refused: There is nobody to ask, or it refuses the query.
            Unreachable: It does not answer, or not with figures.
        """
        if self._url is None:
            raise Refused(
                "there is no Prometheus to ask",
                field="--replay",
                hint='prometheus = "http://…" in platformctl.toml, or --replay http://…',
            )
        span = period.until - period.since
        if span / step > MOST - 1:
            least = shown(timedelta(seconds=-(-span.total_seconds() // (MOST - 1))))
            raise SpecError(
                f"{shown(step)} gives more points than Prometheus does",
                field="--step",
                hint=f"{least} at least",
            )
        asked = {
            "query": query(revisions, self._namespace),
            "start": period.since.timestamp(),
            "end": period.until.timestamp(),
            "step": step.total_seconds(),
        }
        return _moments(self._ask(self._url, asked), revisions)

    def _ask(self, url: str, asked: Mapping[str, object]) -> Mapping[tuple[RevisionId, _Source], _Figures]:
        address = f"{url}/api/v1/query_range?{urlencode(asked)}"
        try:
            with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310 - http or https, as configured
                return _sources(json.load(answer))
        except urllib.error.HTTPError as error:
            raise _refused(url, error) from error
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise Unreachable(
                f"the Prometheus at {url} gives no figures: {reason or type(error).__name__}",
                field="--replay",
                hint="is that its address? else: prometheus in platformctl.toml",
            ) from error


def query(revisions: Sequence[RevisionId], namespace: str | None) -> str:
    """What is asked: both families at once, summed but for what a server and a figure are told by."""
    names, whose = f"{REQUESTS}|{LATENCY}", "|".join(sorted(set(revisions)))
    chosen = f'__name__=~"{names}",revision=~"{whose}"'
    if namespace is not None:
        chosen += f',namespace=~"({namespace})?"'
    return f"sum by (__name__, revision, code, le, pod, instance) ({{{chosen}}})"


def _refused(url: str, error: urllib.error.HTTPError) -> Refused | Unreachable:
    with error:
        try:
            said = json.loads(error.read(64_000))["error"]
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            said = str(error)
    what = f"the Prometheus at {url} answers with {error.code}: {said}"
    if error.code in _QUERY_IS_WRONG:
        return Refused(what, field="--replay", hint="a shorter period, or a larger --step, asks for less")
    return Unreachable(what, field="--replay")


def _sources(said: Mapping[str, Any]) -> Mapping[tuple[RevisionId, _Source], _Figures]:
    """Read the answer: the figures of each server.

    Raises:
        KeyError: It is none.
    """
    found: dict[tuple[RevisionId, _Source], dict[float, list[Sample]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one in said["data"]["result"]:
        labels = one["metric"]
        source = labels.get("pod") or labels.get("instance", "")
        at_times = found[RevisionId(labels["revision"]), source]
        for at, value in one["values"]:
            at_times[float(at)].append(Sample(labels["__name__"], labels, float(value)))
    return {
        key: {at: exposition.counts(samples) for at, samples in at_times.items()}
        for key, at_times in found.items()
    }


def _moments(
    found: Mapping[tuple[RevisionId, _Source], _Figures], revisions: Sequence[RevisionId]
) -> Sequence[Moment]:
    servers = {revision: _first(revision, found) for revision in revisions}
    times = sorted({at for each in servers.values() for figures in each.values() for at in figures})
    return [Moment(datetime.fromtimestamp(at, UTC), _at(at, servers)) for at in times]


def _first(
    revision: RevisionId, found: Mapping[tuple[RevisionId, _Source], _Figures]
) -> Mapping[_Source, _Figures]:
    """The servers that callers talk to."""
    sources = {source: figures for (whose, source), figures in found.items() if whose == revision}
    prefix = f"{revision}-transformer-"
    return {source: figures for source, figures in sources.items() if source.startswith(prefix)} or sources


def _at(at: float, servers: Mapping[RevisionId, Mapping[_Source, _Figures]]) -> Mapping[RevisionId, Counts]:
    """What the revisions that had figures then had."""
    found = {
        revision: {source: figures[at] for source, figures in each.items() if at in figures}
        for revision, each in servers.items()
    }
    return {revision: of_parts(parts) for revision, parts in found.items() if parts}
