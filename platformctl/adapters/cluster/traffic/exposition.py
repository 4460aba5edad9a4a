"""Figures as Prometheus writes them, and what they mean for a revision. Pure.

An answer is counted by the server that gave it. What no server gave is in no figure: a reset, a timeout at
the gateway, its own 503 for a revision of which no pod is ready.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from platformctl.domain.counts import Counts

REQUESTS = "platformctl_requests_total"
LATENCY = "platformctl_request_seconds_bucket"

_SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)(?:\s+-?\d+)?\s*")
_LABEL = re.compile(r'\s*(?P<name>[a-zA-Z_]\w*)\s*=\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*,?')
_ESCAPED = re.compile(r"\\(.)")

_SERVERS = frozenset(
    {"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"}
)
"""The statuses of gRPC that are a server's fault; but for OK the others are the client's.

RESOURCE_EXHAUSTED is both a full queue and a body that is too long. It counts as the client's, as 429 does.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of figures."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> Iterator[Sample]:
    """Read those lines that `counts` needs. What is no line of figures is passed over."""
    for line in text.splitlines():
        if not line.startswith((REQUESTS, LATENCY)):
            continue
        found = _SAMPLE.fullmatch(line)
        if found and found["name"] in (REQUESTS, LATENCY):
            labels = {
                one["name"]: _ESCAPED.sub(_plain, one["value"])
                for one in _LABEL.finditer(found["labels"] or "")
            }
            yield Sample(found["name"], labels, float(found["value"]))


def counts(samples: Iterable[Sample]) -> Counts:
    """Add up the figures of one revision."""
    answers: Counter[str] = Counter()
    latency: Counter[float] = Counter()
    for sample in samples:
        if sample.name == REQUESTS:
            answers[sample.labels.get("code", "")] += round(sample.value)
        else:
            latency[float(sample.labels["le"]) * 1000] += round(sample.value)
    return Counts(
        requests=answers.total(),
        errors=sum(count for code, count in answers.items() if _is_servers_fault(code)),
        rejected=sum(count for code, count in answers.items() if _is_clients_fault(code)),
        latency=dict(sorted(latency.items())),
    )


def total(parts: Iterable[Counts]) -> Counts:
    """Add up the figures of several servers."""
    parts = list(parts)
    latency: Counter[float] = Counter()
    for part in parts:
        latency.update(part.latency)
    return Counts(
        requests=sum(part.requests for part in parts),
        errors=sum(part.errors for part in parts),
        rejected=sum(part.rejected for part in parts),
        latency=dict(sorted(latency.items())),
    )


def _is_servers_fault(code: str) -> bool:
    return code in _SERVERS or (code.isdecimal() and int(code) >= 500)  # noqa: PLR2004 - a 5xx


def _is_clients_fault(code: str) -> bool:
    if code.isdecimal():
        return 400 <= int(code) < 500  # noqa: PLR2004 - a 4xx
    return code not in _SERVERS and code not in ("", "OK")


def _plain(escaped: re.Match[str]) -> str:
    return "\n" if escaped[1] == "n" else escaped[1]
