"""Readings of the counters in files, a revision a line: CSV with a header, or JSON lines.

Both hold the same fields; docs/analyze.md lists them. Figures are cumulative, as the counters have them.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformctl.domain.counts import Counts
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.names import RevisionId
from platformctl.domain.nearest import did_you_mean
from platformctl.domain.readings import Moment
from platformctl.domain.wording import said

_FIELDS = ("time", "revision", "requests", "errors", "rejected", "weight")
_NEEDED = ("time", "revision", "requests", "errors")
_BUCKET = "le_"
_LATENCY = "latency"
_HINT = "docs/analyze.md shows the format; platformctl analyze NAME --record FILE writes it"

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class _Row:
    """One line.

    Args:
        where: The file and the line, in words.
    """

    where: str
    at: datetime
    revision: RevisionId
    counts: Counts
    weight: int | None


def read(path: Path) -> Sequence[Moment]:
    """Read all moments of a file, oldest first.

    Raises:
        NotFound: There is no such file.
        SpecError: It cannot be read, or is wrong; the message says in which line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}", field="--replay") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SpecError(f"{path} cannot be read: {reason}", field="--replay") from error
    lines = _json_lines if is_json(path, text) else _csv_lines
    moments = list(_moments(_row(fields, where) for where, fields in lines(path, text)))
    if not moments:
        raise SpecError(f"{path} has no readings", field="--replay", hint=_HINT)
    return moments


def is_json(path: Path, text: str = "") -> bool:
    """Whether a file has JSON lines: by its name, else by how it begins."""
    if path.suffix in {".csv", ".json", ".jsonl", ".ndjson"}:
        return path.suffix != ".csv"
    return text.lstrip().startswith("{")


def append(path: Path, moment: Moment) -> None:
    """Add the figures of a moment to a file, which is made if it is not there: CSV by its name, else JSON.

    Raises:
        SpecError: It cannot be written, or is a CSV with other columns.
    """
    try:
        with path.open("a+", encoding="utf-8", newline="") as file:
            file.seek(0)
            head = file.readline().strip()
            file.write(_csv(path, moment, head) if path.suffix == ".csv" else _json(moment))
    except OSError as error:
        raise SpecError(f"{path} cannot be written: {error.strerror}", field="--record") from error


def _json(moment: Moment) -> str:
    return "".join(
        json.dumps({**fields, _LATENCY: {f"{bound:.15g}": n for bound, n in counts.latency.items()}}) + "\n"
        for fields, counts in _written(moment)
    )


def _csv(path: Path, moment: Moment, head: str) -> str:
    rows = [
        {**fields, **{f"{_BUCKET}{bound:.15g}": n for bound, n in counts.latency.items()}}
        for fields, counts in _written(moment)
    ]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if head and set(columns) - set(head.split(",")):
        raise SpecError(f"{path} has other columns than these figures", field="--record", hint="a new file")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, head.split(",") if head else columns, lineterminator="\n")
    if not head:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _written(moment: Moment) -> Iterator[tuple[dict[str, object], Counts]]:
    for revision, counts in moment.counts.items():
        at = moment.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        figures = (
            at,
            revision,
            counts.requests,
            counts.errors,
            counts.rejected,
            moment.weights.get(revision),
        )
        yield dict(zip(_FIELDS, figures, strict=True)), counts


def _json_lines(path: Path, text: str) -> Iterator[tuple[str, Fields]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise _wrong(where, f"this is no JSON: {said(line.strip())}", _HINT) from error
        if not isinstance(fields, dict):
            raise _wrong(where, f"this is no object of JSON: {said(line.strip())}", _HINT)
        _check_names(where, fields, [*_FIELDS, _LATENCY])
        buckets = fields.pop(_LATENCY, None) or {}
        if not isinstance(buckets, dict):
            raise _wrong(where, f"latency is {said(buckets)}", 'write {"5": 10, "inf": 12}')
        yield where, {**fields, **{f"{_BUCKET}{bound}": count for bound, count in buckets.items()}}


def _csv_lines(path: Path, text: str) -> Iterator[tuple[str, Fields]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="")
    _check_names(f"{path}, line 1", [name for name in reader.fieldnames or [] if name], _FIELDS)
    try:
        for fields in reader:
            where = f"{path}, line {reader.line_num}"
            if "" in fields or None in fields.values():
                raise _wrong(where, "it has not as many cells as the header", _HINT)
            yield where, {name: cell for name, cell in fields.items() if cell.strip()}
    except csv.Error as error:
        raise _wrong(f"{path}, line {reader.line_num}", f"this is no CSV: {error}", _HINT) from error


def _check_names(where: str, names: Iterable[str], known: Sequence[str]) -> None:
    names = list(names)
    unknown = next((name for name in names if name not in known and not name.startswith(_BUCKET)), None)
    if unknown is not None:
        raise _wrong(where, f"there is no field {said(unknown)}", did_you_mean(unknown, known) or _HINT)
    missing = next((name for name in _NEEDED if name not in names), None)
    if missing is not None:
        raise _wrong(where, f"there is no {missing}", _HINT)


def _row(fields: Fields, where: str) -> _Row:
    buckets = {name: cell for name, cell in fields.items() if name.startswith(_BUCKET)}
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
    revision = fields.get("revision")
    if not isinstance(revision, str) or not revision.strip():
        raise _wrong(where, f"revision is {said(revision)}", "write its name, such as churn-v4-3f9a1c")
    share = None if weight is None else _count(weight, "weight", where)
    return _Row(where, _time(fields.get("time"), where), RevisionId(revision.strip()), counts, share)


def _count(value: object, name: str, where: str) -> int:
    try:
        number = float(value) if isinstance(value, (int, float, str)) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if isinstance(value, bool) or not number.is_integer() or number < 0:
        raise _wrong(where, f"{name} is {said(value)}", "write a whole number from 0 on")
    return int(number)


def _bound(name: str, where: str) -> float:
    text = name.removeprefix(_BUCKET)
    try:
        bound = float(text)
    except ValueError:
        bound = math.nan
    if not bound > 0:
        raise _wrong(where, f"{said(text)} is no bound of a latency", "write milliseconds, or inf")
    return bound


def _time(value: object, where: str) -> datetime:
    hint = "write 2026-01-31T12:00:00Z, or the seconds since 1970"
    try:
        if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
            at = datetime.fromisoformat(value.strip())
        else:
            at = datetime.fromtimestamp(float(str(value)), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _wrong(where, f"time is {said(value)}", hint) from error
    if at.tzinfo is None:
        raise _wrong(where, f"time is {said(value)}, without its zone", f"write {at.isoformat()}Z for UTC")
    return at.astimezone(UTC)


def _moments(rows: Iterable[_Row]) -> Iterator[Moment]:
    """Put lines of the same time together.

    Raises:
        SpecError: Times go back, or a revision is there twice.
    """
    at: datetime | None = None
    bounds: set[float] | None = None
    counts: dict[RevisionId, Counts] = {}
    weights: dict[RevisionId, int] = {}
    for row in rows:
        if at is not None and row.at < at:
            raise _wrong(row.where, f"{row.at} is before the time of the line above", "sort it by time")
        if at is not None and row.at > at:
            yield Moment(at, counts, weights)
            counts, weights = {}, {}
        if bounds is not None and row.counts.latency.keys() != bounds:
            raise _wrong(row.where, "it has other buckets of latency than the line above", "the same in all")
        if row.revision in counts:
            raise _wrong(row.where, f"{row.revision} is there twice at {row.at}", "leave one of them out")
        at, bounds = row.at, set(row.counts.latency)
        counts[row.revision] = row.counts
        if row.weight is not None:
            weights[row.revision] = row.weight
    if at is not None:
        yield Moment(at, counts, weights)


def _wrong(where: str, what: str, hint: str) -> SpecError:
    return SpecError(f"{where}: {what}", field="--replay", hint=hint)
