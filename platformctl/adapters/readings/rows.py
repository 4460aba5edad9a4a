"""What one line of a file of readings says. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from platformctl.domain.counts import Counts
from platformctl.domain.errors import SpecError
from platformctl.domain.names import RevisionId
from platformctl.domain.nearest import did_you_mean
from platformctl.domain.wording import said

FIELDS = ("time", "revision", "server", "weight", "requests", "errors", "rejected")
NEEDED = ("time", "revision", "requests", "errors")
BUCKET = "le_"
LATENCY = "latency"
HINT = "docs/analyze.md shows the format; platformctl analyze NAME --record FILE writes it"

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One line.

    Args:
        where: The file and the line, in words.
        server: Which one of the revision's counted; None: they are not told apart.
    """

    where: str
    at: datetime
    revision: RevisionId
    server: str | None
    counts: Counts
    weight: int | None


def check_names(where: str, names: Iterable[str], known: Sequence[str]) -> None:
    """Return if those that are there are known, and those that are needed there.

    Raises:
        SpecError: They are not.
    """
    names = list(names)
    unknown = next((name for name in names if name not in known and not name.startswith(BUCKET)), None)
    if unknown is not None:
        raise wrong(where, f"there is no field {said(unknown)}", did_you_mean(unknown, known) or HINT)
    missing = next((name for name in NEEDED if name not in names), None)
    if missing is not None:
        raise wrong(where, f"there is no {missing}", HINT)


def row_of(fields: Fields, where: str) -> Row:
    """Read one line.

    Raises:
        SpecError: A value is wrong; the message says which.
    """
    buckets = {name: cell for name, cell in fields.items() if name.startswith(BUCKET)}
    weight = fields.get("weight")
    requests = _count(fields.get("requests"), "requests", where)
    latency = {_bound(name, where): _count(count, name, where) for name, count in buckets.items()}
    if latency:
        latency.setdefault(math.inf, requests)
    counts = Counts(
        requests=requests,
        errors=_count(fields.get("errors"), "errors", where),
        rejected=_count(fields.get("rejected", 0), "rejected", where),
        latency=dict(sorted(latency.items())),
    )
    share = None if weight is None else _count(weight, "weight", where)
    revision = RevisionId(_text(fields, "revision", where))
    server = None if fields.get("server") is None else _text(fields, "server", where)
    return Row(where, _time(fields.get("time"), where), revision, server, counts, share)


def _text(fields: Fields, name: str, where: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise wrong(where, f"{name} is {said(value)}", "write its name, such as churn-v4-3f9a1c")
    return value.strip()


def _count(value: object, name: str, where: str) -> int:
    try:
        number = float(value) if isinstance(value, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not number.is_integer() or number < 0:
        raise wrong(where, f"{name} is {said(value)}", "write a whole number from 0 on")
    return int(number)


def _bound(name: str, where: str) -> float:
    text = name.removeprefix(BUCKET)
    try:
        bound = float(text)
    except ValueError:
        bound = math.nan
    if not bound > 0:
        raise wrong(where, f"{said(text)} is no bound of a latency", "write milliseconds, or inf")
    return bound


def _time(value: object, where: str) -> datetime:
    hint = "write 2026-01-31T12:00:00Z, or the seconds since 1970"
    try:
        if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
            at = datetime.fromisoformat(value.strip())
        else:
            at = datetime.fromtimestamp(float(str(value)), UTC)
        if at.tzinfo is None:
            raise wrong(where, f"time is {said(value)}, without its zone", f"write {at.isoformat()}Z for UTC")
        return at.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise wrong(where, f"time is {said(value)}", hint) from error


def wrong(where: str, what: str, hint: str) -> SpecError:
    """The error about a line."""
    return SpecError(f"{where}: {what}", field="--replay", hint=hint)
