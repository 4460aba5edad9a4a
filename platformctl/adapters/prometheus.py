"""Figures that only their owner understands, from a Prometheus.

Protocol: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import http.client
import json
import math
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode

from platformctl.domain.errors import Refused, Unreachable

_SECONDS = 5.0


class PrometheusMetrics:
    """The port `Metrics`, over Prometheus's HTTP interface.

    Args:
        default: The address that the configuration says; None: it says none.
    """

    def __init__(self, default: str | None) -> None:
        self._default = default

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
        return _number(_ask(where.rstrip("/"), text), text)


def _ask(where: str, text: str) -> Any:  # any JSON
    url = f"{where}/api/v1/query?{urlencode({'query': text})}"
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - http or https, as configured
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise _refused(where, error, text) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise Unreachable(
            f"the Prometheus at {where} does not answer: {reason or type(error).__name__}",
            hint="nothing moves until it does",
        ) from error


def _refused(where: str, error: urllib.error.HTTPError, text: str) -> Refused | Unreachable:
    """400 and 422 are about the query; all else about the server."""
    with error:
        try:
            said = json.loads(error.read(64_000))["error"]
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            said = str(error)
    if error.code in (http.client.BAD_REQUEST, http.client.UNPROCESSABLE_ENTITY):
        return Refused(f"{text}: {said}", field="gates.queries", hint="try it in Prometheus's own page")
    return Unreachable(f"the Prometheus at {where} answers with {error.code}: {said}")


def _number(said: Any, text: str) -> float:  # any JSON
    try:
        data = said["data"]
        kind, result = data["resultType"], data["result"]
        found = [result] if kind == "scalar" else [one["value"] for one in result]
        values = [float(value) for _, value in found]
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(f"{text}: the answer is no number", hint="rate, sum and / give one") from error
    if len(values) != 1:
        what = f"{len(values)} numbers" if values else "nothing"
        raise Refused(f"{text}: gives {what}, and one is needed", hint="sum(...) makes one of several")
    if not math.isfinite(values[0]):
        raise Refused(f"{text}: gives {values[0]:g}", hint="it may be divided by 0: no requests yet")
    return values[0]
