"""The same figures from a Prometheus that scrapes the pods: one query."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from platformctl.adapters.cluster.api.client import Api
from platformctl.adapters.cluster.traffic import exposition
from platformctl.adapters.cluster.traffic.exposition import LATENCY, REQUESTS, Sample
from platformctl.domain.counts import Counts
from platformctl.domain.errors import Unreachable
from platformctl.domain.names import RevisionId

_SECONDS = 5.0
_KEPT = "1d"
"""How long a pod that is gone still counts."""


class Prometheus:
    """One Prometheus, asked by its HTTP interface.

    Figures are as old as its last scrape. A pod that is gone counts for a day. Of a revision with a separate
    transformer only that counts, if the scrape gives figures a label `pod`.

    Args:
        url: Its address, without `/api`.
        api: For the namespace that is ours.
    """

    def __init__(self, url: str, api: Api) -> None:
        self._url = url.rstrip("/")
        self._api = api

    def read(self, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:
        """Read the figures of the given revisions.

        Raises:
            Unreachable: It does not answer, or not with figures.
        """
        found = self._ask(query(revisions, self._api.namespace))
        return {revision: exposition.counts(_first(found, revision)) for revision in revisions}

    def _ask(self, text: str) -> Sequence[Sample]:
        url = f"{self._url}/api/v1/query?{urlencode({'query': text})}"
        try:
            with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - http or https, as configured
                said = json.load(answer)
            return samples(said)
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            raise Unreachable(
                f"the Prometheus at {self._url} gives no figures: {_words(error)}",
                field="prometheus",
                hint="correct it in platformctl.toml, or leave it out: then the pods are asked",
            ) from error


def query(revisions: Sequence[RevisionId], namespace: str) -> str:
    """What is asked: both families at once, summed but for what `exposition.counts` tells apart."""
    names, whose = f"{REQUESTS}|{LATENCY}", "|".join(sorted(set(revisions)))
    chosen = f'{{__name__=~"{names}",revision=~"{whose}",namespace=~"({namespace})?"}}'
    return f"sum by (__name__, revision, code, le, pod) (last_over_time({chosen}[{_KEPT}]))"


def samples(said: Mapping[str, Any]) -> Sequence[Sample]:
    """Read the answer to a query.

    Raises:
        KeyError: It is none.
    """
    return [
        Sample(one["metric"]["__name__"], one["metric"], float(one["value"][1]))
        for one in said["data"]["result"]
    ]


def _first(found: Iterable[Sample], revision: RevisionId) -> Sequence[Sample]:
    """The figures of the servers that callers talk to."""
    ours = [one for one in found if one.labels.get("revision") == revision]
    prefix = f"{revision}-transformer-"
    return [one for one in ours if one.labels.get("pod", "").startswith(prefix)] or ours


def _words(error: Exception) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    return str(reason) or type(error).__name__
