"""Figures that only their owner understands, from a Prometheus: one number a query."""

import math
from typing import Any

from platformctl.adapters.prometheus.client import SECONDS, ask
from platformctl.domain.errors import Refused


class PrometheusMetrics:
    """The port `Metrics`, over Prometheus's HTTP interface.

    Args:
        default: The address that the configuration says; None: it says none.
        seconds: For an answer to begin, and again for it to end.
    """

    def __init__(self, default: str | None, seconds: float = SECONDS) -> None:
        self._default = default
        self._seconds = seconds

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
        return _number(ask(where, text, self._seconds), text)


def _number(data: Any, text: str) -> float:  # any JSON
    try:
        kind, result = data["resultType"], data["result"]
        found = [result] if kind == "scalar" else [one["value"] for one in result]
        values = [float(value) for _, value in found]
    except (KeyError, TypeError, ValueError) as error:
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
