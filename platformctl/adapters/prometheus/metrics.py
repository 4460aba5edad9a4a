"""Figures that only their owner understands, from a Prometheus: one number a query."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from platformctl.adapters.prometheus.client import SECONDS, ask
from platformctl.domain.errors import Refused, Unreachable

_SUSPECT_FOR = 2.0
"""Seconds after one that had no answer in which the next query is not waited for as long."""

_SUSPECT_SECONDS = 0.5


class PrometheusMetrics:
    """The port `Metrics`, over Prometheus's HTTP interface.

    One that has just not answered gets little time for the next query: while all queries of a look wait for
    the same silence nobody sees a canary crash.

    Args:
        default: The address that the configuration says; None: it says none.
        seconds: For an answer to begin, and again for it to end.
    """

    def __init__(self, default: str | None, seconds: float = SECONDS) -> None:
        self._default = default
        self._seconds = seconds
        self._silent: dict[str, float] = {}

    def query(self, address: str | None, text: str) -> float:
        """Ask a query that gives one number: a scalar, or a vector of one element.

        Raises:
            Unreachable: Nobody answers in time, or not as Prometheus does.
            Refused: There is nobody to ask; the query is wrong; the answer is not one number.
        """
        where = address or self._default
        if where is None:
            raise Refused(
                "there is no Prometheus to ask",
                hint='prometheus = "http://…" in platformctl.toml, or an address of its own',
            )
        return _number(self._ask(where, text), text)

    def _ask(self, where: str, text: str) -> Any:  # any JSON
        is_suspect = time.monotonic() - self._silent.get(where, -math.inf) < _SUSPECT_FOR
        try:
            return ask(where, text, min(self._seconds, _SUSPECT_SECONDS) if is_suspect else self._seconds)
        except Unreachable:
            self._silent[where] = time.monotonic()
            raise


_VALUES: Mapping[str, Callable[[Any], Sequence[float]]] = MappingProxyType(
    {
        "scalar": lambda result: [float(result[1])],
        "vector": lambda result: [float(one["value"][1]) for one in result],
    }
)
"""By the kind of an answer; a range or a text is no number."""


def _number(data: Any, text: str) -> float:  # any JSON
    try:
        values = _VALUES[data["resultType"]](data["result"])
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise Refused(
            f"{text}: gives no number", hint="a range such as x[5m] is none: rate(x[5m]) is"
        ) from error
    if len(values) != 1:
        what = f"{len(values)} numbers" if values else "nothing"
        hint = "sum(...) makes one of several" if values else "there are no such figures, or none yet"
        raise Refused(f"{text}: gives {what}, and one is needed", hint=hint)
    if not math.isfinite(values[0]):
        raise Refused(f"{text}: gives {values[0]:g}", hint="it may be divided by 0: no requests yet")
    return values[0]
