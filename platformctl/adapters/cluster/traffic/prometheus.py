"""The same figures from a Prometheus that scrapes the pods: one query."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from platformctl.adapters.cluster.traffic import exposition
from platformctl.adapters.cluster.traffic.exposition import BEGAN, LATENCY, REQUESTS, Sample
from platformctl.adapters.prometheus.client import SECONDS, ask, bare
from platformctl.domain.counts import Counts, of_parts
from platformctl.domain.errors import PlatformctlError, Unreachable
from platformctl.domain.names import RevisionId

_THERE = "platformctl_in_flight"
"""A server has it from its start, before it has answered anybody."""

_SCRAPED = ""
"""Prometheus leaves the name away where it gives the time of a scrape."""


NO_FIGURES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading JSON of another shape raises."""


class Prometheus:
    """One Prometheus, asked by its HTTP interface.

    Figures are as old as its last scrape, and say so. Servers are told apart by the address that was scraped,
    and one that two jobs scrape counts once. One that is gone, or cannot be scraped, is not told. Of a
    revision with a separate transformer only that counts, if the scrape gives figures a label `pod`.

    Args:
        url: Its address, without `/api`.
        namespace: That of the pods; figures without such a label count too.
        seconds: For an answer to begin, and again for it to end.
    """

    def __init__(self, url: str, namespace: str, seconds: float = SECONDS) -> None:
        self._url = url.rstrip("/")
        self._namespace = namespace
        self._seconds = seconds

    def read(self, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:
        """Read the figures of the given revisions.

        Raises:
            Unreachable: It does not answer, or not with figures.
        """
        try:
            return figures(ask(self._url, query(revisions, self._namespace), self._seconds), revisions)
        except PlatformctlError as error:
            raise self._unreachable(error.message) from error
        except NO_FIGURES as error:
            raise self._unreachable(f"{type(error).__name__}: {error}") from error

    def _unreachable(self, why: str) -> Unreachable:
        return Unreachable(
            f"the Prometheus at {bare(self._url)} gives no figures: {why}",
            field="prometheus",
            hint="correct it in platformctl.toml, or leave it out: then the pods are asked",
        )


def query(revisions: Sequence[RevisionId], namespace: str) -> str:
    """What is asked: all figures of each server, when it was scraped, and since when it runs.

    A server that two jobs scrape is in there twice. Of counts the higher is taken, and of times the lower:
    so a restart that one of both has yet to see is not taken for one, nor what it had counted for new.
    """
    ours = f'revision=~"{"|".join(sorted(set(revisions)))}",namespace=~"({namespace})?"'
    there = f"{_THERE}{{{ours}}}"
    counts = f'{{__name__=~"{REQUESTS}|{LATENCY}",{ours}}}'
    return (
        f"max by (__name__, revision, code, le, protocol, pod, instance) ({counts})"
        f" or min by (revision, pod, instance) (timestamp({there}))"
        f" or min by (__name__, instance) ({BEGAN} and on (instance) {there})"
    )


def figures(data: Any, revisions: Sequence[RevisionId]) -> Mapping[RevisionId, Counts]:  # any JSON
    """Read the answer to the query.

    Raises:
        NO_FIGURES: It is none.
    """
    found, at = _read(data)
    return {revision: of_parts(_first(found, revision), at) for revision in revisions}


class _Server:
    """What was found of one. Of two jobs one may name its pod and one not: then each figure is told twice."""

    def __init__(self) -> None:
        self._samples: dict[tuple[str, ...], Sample] = {}
        self._pod = ""
        self._at: float | None = None

    def tell(self, name: str, labels: Mapping[str, str], value: float) -> None:
        self._pod = self._pod or labels.get("pod", "")
        if name == _SCRAPED:
            self._at = value if self._at is None else min(self._at, value)
            return
        key = (name, *(labels.get(one, "") for one in ("code", "le", "protocol")))
        known = self._samples.get(key)
        if known is None or known.value < value:
            self._samples[key] = Sample(name, labels, value)

    def counts(self, began: float | None) -> tuple[str, Counts]:
        """The pod, if it has a name, and the figures."""
        return self._pod, replace(exposition.counts(self._samples.values()), at=self._at, began=began)


_Servers = Mapping[RevisionId, Mapping[str, tuple[str, Counts]]]
"""Of each revision, by the address that was scraped: the pod, if it has a name, and the figures."""


def _read(data: Any) -> tuple[_Servers, float | None]:  # any JSON
    """Read the answer: the servers, and when that was by Prometheus's own clock; None: there are none.

    Raises:
        NO_FIGURES: It is no answer to the query.
    """
    servers: dict[RevisionId, dict[str, _Server]] = defaultdict(lambda: defaultdict(_Server))
    began: dict[str, float] = {}
    now: float | None = None
    for one in data["result"]:
        labels, (now, value) = one["metric"], map(float, one["value"])
        name, instance = labels.get("__name__", _SCRAPED), labels.get("instance", "")
        if name == BEGAN:
            began[instance] = value
        else:
            servers[RevisionId(labels["revision"])][instance].tell(name, labels, value)
    found = {
        revision: {where: one.counts(began.get(where)) for where, one in several.items()}
        for revision, several in servers.items()
    }
    return found, now


def _first(found: _Servers, revision: RevisionId) -> Mapping[str, Counts]:
    """The figures of the servers that callers talk to."""
    ours = found.get(revision, {})
    prefix = f"{revision}-transformer-"
    transformers = {where: one for where, one in ours.items() if one[0].startswith(prefix)}
    return {where: counts for where, (_, counts) in (transformers or ours).items()}
