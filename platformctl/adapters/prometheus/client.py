"""Ask a Prometheus, in bounded time.

Protocol: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import http.client
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from platformctl.domain.errors import Refused, Unreachable

SECONDS = 5.0
_LARGEST = 64_000_000
_CHUNK = 65_536
_LETS_NOBODY_IN = (http.client.UNAUTHORIZED, http.client.FORBIDDEN)
_QUERY_IS_WRONG = (http.client.BAD_REQUEST, http.client.UNPROCESSABLE_ENTITY)


def ask(
    where: str, text: str, seconds: float = SECONDS, over: Mapping[str, float] | None = None
) -> Any:  # any JSON
    """The `data` of the answer to a query: `{"resultType": …, "result": …}`.

    Args:
        where: Its address, without `/api`.
        text: PromQL.
        seconds: For the answer to begin, and again for it to end.
        over: The `start`, `end` and `step` of a range, in seconds; None: it is asked for now.

    Raises:
        Unreachable: It does not answer in time, lets nobody in, is in trouble, or is no Prometheus.
        Refused: It says that the query is wrong; or its address has a user or a password.
    """
    where = _without_user(where.rstrip("/"))
    path = "query" if over is None else "query_range"
    asked = {"query": text, "timeout": f"{seconds:g}", **(over or {})}
    try:
        with urllib.request.urlopen(f"{where}/api/v1/{path}?{urlencode(asked)}", timeout=seconds) as answer:  # noqa: S310 - http or https, as configured
            body = _read(answer, seconds)
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(where, error, text, seconds) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _silent(where, error) from error
    return _data(where, body)


def bare(where: str) -> str:
    """An address without user and password: for messages, which are recorded."""
    scheme, slashes, rest = where.rpartition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{place.rpartition('@')[2]}{slash}{path}"


def _without_user(where: str) -> str:
    """Return it as it is.

    Raises:
        Refused: It has a user or a password.
    """
    if bare(where) != where:
        raise Refused(
            f"the address of the Prometheus at {bare(where)} has a user or a password",
            hint="an address that lets us in without: nothing is sent to sign in with",
        )
    return where


def _read(answer: http.client.HTTPResponse, seconds: float) -> bytes:
    """All of it. One that comes drop by drop is none.

    Raises:
        TimeoutError: It takes longer.
        ValueError: It does not end.
        IncompleteRead: It ends too early.
    """
    body, end = bytearray(), time.monotonic() + seconds
    while chunk := answer.read1(_CHUNK):
        body += chunk
        if time.monotonic() > end:
            raise TimeoutError(f"its answer takes longer than {seconds:g} s")
        if len(body) > _LARGEST:
            raise ValueError(f"its answer has more than {_LARGEST // 1_000_000} MB")
    if answer.length:
        raise http.client.IncompleteRead(bytes(body), answer.length)
    return bytes(body)


def _data(where: str, body: bytes) -> Any:  # any JSON
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _no_prometheus(where) from error
    if not isinstance(said, dict) or said.get("status") != "success" or "data" not in said:
        raise _no_prometheus(where)
    return said["data"]


def _no_prometheus(where: str) -> Unreachable:
    return Unreachable(
        f"what answers at {where} is no Prometheus",
        hint="the address of Prometheus itself, without /api; not that of Grafana or of a page to sign in",
    )


def _silent(where: str, error: Exception) -> Unreachable:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    hint = "nothing moves until it does"
    if isinstance(reason, ssl.SSLError):
        hint = "SSL_CERT_FILE names a file with the certificate of who has signed its own"
    return Unreachable(
        f"the Prometheus at {where} does not answer: {reason or type(reason).__name__}", hint=hint
    )


def _refused(where: str, error: urllib.error.HTTPError, text: str, seconds: float) -> Refused | Unreachable:
    """400 and 422 are about the query; all else about the server."""
    said = _said(error, seconds)
    if said is not None and error.code in _QUERY_IS_WRONG:
        return Refused(f"{text}: {said}", hint="try it in Prometheus's own page")
    what = f"the Prometheus at {where} answers with {error.code}: {said or error.reason}"
    if error.code in _LETS_NOBODY_IN:
        return Unreachable(what, hint="an address that lets us in: nothing is sent to sign in with")
    if said is None and error.code < http.client.INTERNAL_SERVER_ERROR:
        return _no_prometheus(where)
    return Unreachable(what, hint="nothing moves until it answers")


def _said(error: urllib.error.HTTPError, seconds: float) -> str | None:
    """What Prometheus says of an error; None: it is not Prometheus that says anything."""
    try:
        said = json.loads(_read(error.fp, seconds))  # type: ignore[arg-type]  # it is a response
        return str(said["error"])
    except (OSError, http.client.HTTPException, ValueError, RecursionError, KeyError, TypeError):
        return None
