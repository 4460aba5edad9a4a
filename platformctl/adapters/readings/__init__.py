"""Readings of the counters in files: CSV with a header, or JSON lines.

A line is a revision's, or one of its servers'. Both formats hold the same fields; docs/analyze.md lists them.
Figures are cumulative, as the counters have them.
"""

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from platformctl.adapters.readings.rows import (
    BUCKET,
    FIELDS,
    HINT,
    LATENCY,
    Fields,
    Row,
    check_names,
    row_of,
    wrong,
)
from platformctl.domain.counts import Counts, of_parts
from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.readings import Moment
from platformctl.domain.wording import said

if TYPE_CHECKING:
    from platformctl.domain.names import RevisionId


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
    moments = list(_moments(row_of(fields, where) for where, fields in lines(path, text)))
    if not moments:
        raise SpecError(f"{path} has no readings", field="--replay", hint=HINT)
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
        with path.open("ab+") as file:
            file.seek(0)
            head = file.readline().decode().strip()
            text = _csv(path, moment, head) if path.suffix == ".csv" else _json(moment)
            file.write((_after_the_last_line(file) + text).encode())
    except OSError as error:
        raise SpecError(f"{path} cannot be written: {error.strerror}", field="--record") from error
    except UnicodeDecodeError as error:
        hint = "record to a new file, such as past.jsonl"
        raise SpecError(f"{path} is no file of readings", field="--record", hint=hint) from error


def _after_the_last_line(file: BinaryIO) -> str:
    """What ends it, if nothing does."""
    if not file.seek(0, os.SEEK_END):
        return ""
    file.seek(-1, os.SEEK_END)
    return "" if file.read(1) == b"\n" else "\n"


def _json(moment: Moment) -> str:
    return "".join(
        json.dumps({**fields, LATENCY: {f"{bound:.15g}": n for bound, n in counts.latency.items()}}) + "\n"
        for fields, counts in _written(moment)
    )


def _csv(path: Path, moment: Moment, head: str) -> str:
    rows = [
        {**fields, **{f"{BUCKET}{bound:.15g}": n for bound, n in counts.latency.items()}}
        for fields, counts in _written(moment)
    ]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    if head and set(columns) - set(head.split(",")):
        raise SpecError(
            f"{path} has other columns than these figures",
            field="--record",
            hint="record to a new file, or to one of JSON lines: past.jsonl",
        )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, head.split(",") if head else columns, lineterminator="\n")
    if not head:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _written(moment: Moment) -> Iterator[tuple[dict[str, object], Counts]]:
    at = moment.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for revision, whole in moment.counts.items():
        servers = {None: whole} if whole.parts is None else whole.parts
        for server, counts in servers.items():
            who = (at, revision, server, moment.weights.get(revision))
            figures = (counts.requests, counts.errors, counts.rejected)
            yield dict(zip(FIELDS, (*who, *figures), strict=True)), counts


def _json_lines(path: Path, text: str) -> Iterator[tuple[str, Fields]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise wrong(where, f"this is no JSON: {said(line.strip())}", HINT) from error
        if not isinstance(fields, dict):
            raise wrong(where, f"this is no object of JSON: {said(line.strip())}", HINT)
        check_names(where, fields, [*FIELDS, LATENCY])
        buckets = fields.pop(LATENCY, None) or {}
        if not isinstance(buckets, dict):
            raise wrong(where, f"latency is {said(buckets)}", 'write {"5": 10, "inf": 12}')
        yield where, {**fields, **{f"{BUCKET}{bound}": count for bound, count in buckets.items()}}


def _csv_lines(path: Path, text: str) -> Iterator[tuple[str, Fields]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="")
    try:
        check_names(f"{path}, line 1", [name for name in reader.fieldnames or [] if name], FIELDS)
        for fields in reader:
            where = f"{path}, line {reader.line_num}"
            if "" in fields or None in fields.values():
                raise wrong(where, "it has not as many cells as the header", HINT)
            yield where, {name: cell for name, cell in fields.items() if cell.strip()}
    except csv.Error as error:
        raise wrong(f"{path}, line {reader.line_num or 1}", f"this is no CSV: {error}", HINT) from error


def _moments(rows: Iterable[Row]) -> Iterator[Moment]:
    """Put lines of the same time together.

    Raises:
        SpecError: Times go back, or a line does not go with those above.
    """
    together: list[Row] = []
    bounds: dict[tuple[str, str | None], set[float]] = {}
    for row in rows:
        if together and row.at < together[0].at:
            raise wrong(row.where, f"{row.at} is before the time of the line above", "sort it by time")
        who, here = (row.revision, row.server), set(row.counts.latency)
        if here != bounds.get(who, here):
            raise wrong(
                row.where, f"{row.revision} has other buckets of latency than above", "the same in all"
            )
        if here:
            bounds[who] = here
        if together and row.at > together[0].at:
            yield _moment(together)
            together = []
        together.append(row)
    if together:
        yield _moment(together)


def _moment(rows: Sequence[Row]) -> Moment:
    servers: dict[RevisionId, dict[str | None, Counts]] = {}
    for row in rows:
        known = servers.setdefault(row.revision, {})
        if row.server in known:
            who = f"{row.server} of {row.revision}" if row.server else row.revision
            raise wrong(row.where, f"{who} is there twice at {row.at}", "leave one of them out")
        known[row.server] = row.counts
        if None in known and len(known) > 1:
            raise wrong(row.where, f"some lines of {row.revision} name a server, and some do not", HINT)
    weights = {row.revision: row.weight for row in rows if row.weight is not None}
    return Moment(rows[0].at, {revision: _whole(known) for revision, known in servers.items()}, weights)


def _whole(servers: Mapping[str | None, Counts]) -> Counts:
    parts = {server: counts for server, counts in servers.items() if server is not None}
    return of_parts(parts) if parts else servers[None]
