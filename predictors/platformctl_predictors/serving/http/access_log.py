"""One line of JSON for a share of the requests, and for each that the server failed."""

import random
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

_TRACE_PARTS = 4  # version-trace-parent-flags, https://www.w3.org/TR/trace-context/


class AccessLog:
    """Writes to stderr.

    Args:
        share: Of the requests, from 0 (no line at all) to 1.
        revision: Said in each line.
    """

    def __init__(self, share: float, revision: str) -> None:
        self.on = share > 0
        self._share = share
        self._revision = revision
        self._chance = random.Random()  # noqa: S311 a sample, no secret

    def note(  # noqa: PLR0913 the parts of a line
        self,
        headers: Mapping[bytes, bytes],
        protocol: str,
        rows: int | None,
        code: str,
        seconds: float,
        *,
        failed: bool,
    ) -> None:
        """One request answered; `headers` have lower-case names."""
        if not failed and self._chance.random() >= self._share:
            return
        line = orjson.dumps(
            {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "request_id": _text(headers.get(b"x-request-id")),
                "trace_id": _trace_id(_text(headers.get(b"traceparent"))),
                "protocol": protocol,
                "rows": rows,
                "code": code,
                "milliseconds": round(seconds * 1000, 3),
                "revision": self._revision,
            }
        )
        sys.stderr.write(line.decode() + "\n")
        sys.stderr.flush()


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _trace_id(traceparent: str | None) -> str | None:
    parts = (traceparent or "").split("-")
    return parts[1] if len(parts) >= _TRACE_PARTS else None
