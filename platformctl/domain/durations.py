"""Spans of time as people write them: `30s`, `5m`, `2h`, `1d`, or several in a row, as in `1h30m`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from platformctl.domain.fields import refusal
from platformctl.domain.wording import said

LONGEST = timedelta(days=365)
"""More is a mistake in the unit."""

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)")
_PATTERN = r"^([0-9]{1,9}(\.[0-9]{1,6})?(ms|s|m|h|d))+$"


def span(text: str) -> timedelta:
    """The time span that a text of the spec means."""
    return timedelta(**_sum(text))


def _sum(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for number, unit in _PART.findall(text):
        found[_UNITS[unit]] = found.get(_UNITS[unit], 0.0) + float(number)
    return found


def shown(time: timedelta) -> str:
    """As a person says it, to the second, in at most two units: `45 s`, `3 min 20 s`, `2 h`."""
    seconds = max(0, round(time.total_seconds()))
    parts = (
        (seconds // 86_400, "d"),
        (seconds % 86_400 // 3600, "h"),
        (seconds % 3600 // 60, "min"),
        (seconds % 60, "s"),
    )
    present = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(present[:2]) or "0 s"


def _duration(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(_PATTERN, value, re.ASCII):
        if span(value) > LONGEST:
            raise refusal(f"{said(value)} is more than a year", "write 24h, or 7d")
        return value
    digits = str(value).strip() if isinstance(value, (int, float, str)) else ""
    if re.fullmatch(r"\d{1,9}(\.\d+)?", digits, re.ASCII) and not isinstance(value, bool):
        raise refusal(f"{said(value)} is a number without a unit", f"write {digits}s, {digits}m or {digits}h")
    raise refusal(f"{said(value)} is not a duration", "write 30s, 5m, 2h or 1d")


Duration = Annotated[str, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": _PATTERN})]
"""A field of the spec. It stays as it was written; `span` says what it means."""
