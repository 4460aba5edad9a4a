"""Figures as Prometheus writes them, and what they mean for a revision. Pure.

An answer is counted by the server that gave it. What no server gave is in no figure: a reset, a timeout at
the gateway, its own 503 for a revision of which no pod is ready.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from platformctl.domain.counts import Counts

REQUESTS = "platformctl_requests_total"
LATENCY = "platformctl_request_seconds_bucket"
BEGAN = "process_start_time_seconds"
"""When the server's process began: it has counted since then."""

_READ = (REQUESTS, LATENCY, BEGAN)

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
    """Read those lines that `counts` and `began` need. What is no line of figures is passed over.

    Raises:
        ValueError: A value is no number.
    """
    for line in text.splitlines():
        if not line.startswith(_READ):
            continue
        found = _SAMPLE.fullmatch(line)
        if found and found["name"] in _READ:
            labels = {
                one["name"]: _ESCAPED.sub(_plain, one["value"])
                for one in _LABEL.finditer(found["labels"] or "")
            }
            yield Sample(found["name"], labels, float(found["value"]))


def counts(samples: Iterable[Sample]) -> Counts:
    """Add up the figures of one revision.

    Raises:
        ValueError: A count is none, or a bucket has no bound.
    """
    answers: Counter[str] = Counter()
    latency: Counter[float] = Counter()
    for sample in samples:
        if sample.name == REQUESTS:
            answers[sample.labels.get("code", "")] += _count(sample)
        elif sample.name == LATENCY:
            latency[float(sample.labels.get("le", "none")) * 1000] += _count(sample)
    return Counts(
        requests=answers.total(),
        errors=sum(count for code, count in answers.items() if _is_servers_fault(code)),
        rejected=sum(count for code, count in answers.items() if _is_clients_fault(code)),
        latency=dict(sorted(latency.items())),
    )


def began(samples: Iterable[Sample]) -> float | None:
    """When the process of one server began, in seconds since 1970; None: it does not say."""
    return next((sample.value for sample in samples if sample.name == BEGAN), None)


def _count(sample: Sample) -> int:
    if not math.isfinite(sample.value):
        raise ValueError(f"{sample.name} is {sample.value}")
    return round(sample.value)


def _is_servers_fault(code: str) -> bool:
    return code in _SERVERS or (code.isdecimal() and int(code) >= 500)  # noqa: PLR2004 - a 5xx


def _is_clients_fault(code: str) -> bool:
    if code.isdecimal():
        return 400 <= int(code) < 500  # noqa: PLR2004 - a 4xx
    return code not in _SERVERS and code not in ("", "OK")


def _plain(escaped: re.Match[str]) -> str:
    return "\n" if escaped[1] == "n" else escaped[1]
