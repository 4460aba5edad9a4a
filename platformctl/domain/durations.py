"""Spans of time as people write them: `30s`, `5m`, `2h`, `1d`, or several in a row, as in `1h30m`."""

import math
import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from platformctl.domain.fields import refusal
from platformctl.domain.wording import said

LONGEST = timedelta(days=365)
"""More is a mistake in the unit."""

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PART = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)", re.ASCII)
_PATTERN = r"^([0-9]{1,9}(\.[0-9]{1,6})?(ms|s|m|h|d))+$"
_WORDS = re.compile(
    r"([0-9]{1,9}) *(s|m|h|d)(ecs?|econds?|ins?|inutes?|rs?|ours?|ays?)?", re.ASCII | re.IGNORECASE
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ tT].*)?", re.ASCII)


def span(text: str) -> timedelta:
    """The time span that a text of the spec means."""
    return timedelta(seconds=_seconds(text))


def _seconds(text: str) -> float:
    return math.fsum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


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
        if _seconds(value) > LONGEST.total_seconds():
            raise refusal(f"{said(value)} is more than a year", "write 24h, or 7d")
        return value
    raise refusal(*_wrong(value))


def _wrong(value: object) -> tuple[str, str]:
    """What is wrong with it, and what to write."""
    shown_, text = said(value), value.strip() if isinstance(value, str) else said(value)
    if isinstance(value, (bool, list, dict)) or value is None:
        return f"{shown_} is not a duration", _EXAMPLES
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", text, re.ASCII):
        return f"{shown_} is a number without a unit", f"write {text}s, {text}m or {text}h"
    if text.startswith("-"):
        return f"{shown_} is less than no time", _EXAMPLES
    if _DATE.fullmatch(text):
        return f"{shown_} is a date; this is how long something takes", _EXAMPLES
    if meant := _WORDS.fullmatch(text):
        return f"{shown_} is not a duration", f"write {meant[1]}{meant[2].lower()}"
    return f"{shown_} is not a duration", _EXAMPLES


_EXAMPLES = "write 30s, 5m, 2h or 1d"

Duration = Annotated[str, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": _PATTERN})]
"""A field of the spec. It stays as it was written; `span` says what it means."""
