"""Inputs of `predict`: JSON or CSV text to the rows of a V1 request. Pure but for `read`."""

import csv
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from platformctl.domain.errors import NotFound, SpecError
from platformctl.domain.examples import v1_request

STDIN = "-"

# A leading zero makes a text of it: a post code is not a number.
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)
_HINT = 'send {"instances": [...]}, a list of rows, or CSV with a header'


@dataclass(frozen=True)
class Input:
    """Rows, and what else the request says.

    Args:
        rows: The instances.
        others: The request's other keys, such as parameters.
    """

    rows: Sequence[Any]
    others: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """One request with all rows."""
        return self._request(self.rows)

    def singly(self, count: int) -> Iterator[bytes]:
        """So many requests of a row each, from the first row on and round again."""
        return (self._request([row]) for row in islice(cycle(self.rows), count))

    def _request(self, rows: Sequence[Any]) -> bytes:
        return json.dumps({**self.others, "instances": rows}, ensure_ascii=False).encode()


def read(source: str) -> Input:
    """Read a file, or standard input for `-`.

    Raises:
        NotFound: There is no such file.
        SpecError: It cannot be read, or has no rows.
    """
    try:
        content = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {source}", field="--input") from error
    except OSError as error:
        raise SpecError(f"{source} cannot be read: {error.strerror}", field="--input") from error
    return parse(content)


def parse(content: bytes) -> Input:
    """Read rows from JSON, or from CSV with a header.

    Raises:
        SpecError: It is neither, or has no rows.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError("it is not UTF-8 text", field="--input", hint=_HINT) from error
    found = _json(text) if text.lstrip()[:1] in {"{", "["} else Input(_csv(text))
    if not found.rows:
        raise SpecError("it has no rows", field="--input", hint=_HINT)
    return found


def _json(text: str) -> Input:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SpecError(f"it is not JSON: {error}", field="--input", hint=_HINT) from error
    if isinstance(document, list):
        return Input(document)
    rows = document.get("instances")
    if isinstance(rows, list):
        return Input(rows, {key: value for key, value in document.items() if key != "instances"})
    try:
        return Input(json.loads(v1_request(text.encode()))["instances"])
    except (SpecError, ValueError, TypeError, KeyError) as error:
        raise SpecError("it has no list of instances", field="--input", hint=_HINT) from error


def _csv(text: str) -> list[Mapping[str, Any]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise SpecError(f"line {reader.line_num}: {error}", field="--input", hint=_HINT) from error
    if not lines:
        return []
    header = [name.strip() for name in lines[0][1]]
    if len(set(header)) < len(header) or not all(header):
        raise SpecError("the header's names are not all different and non-empty", field="--input", hint=_HINT)
    return [_row(header, line, cells) for line, cells in lines[1:]]


def _row(header: Sequence[str], line: int, cells: Sequence[str]) -> Mapping[str, Any]:
    if len(cells) != len(header):
        raise SpecError(
            f"line {line} has {len(cells)} cells, the header {len(header)}", field="--input", hint=_HINT
        )
    return {name: _value(cell) for name, cell in zip(header, cells, strict=True)}


def _value(cell: str) -> str | int | float | None:
    """A number as a number, nothing as null, anything else as text."""
    text = cell.strip()
    if not text:
        return None
    match = _NUMBER.fullmatch(text)
    if not match:
        return cell
    return float(text) if match[2] or match[3] else int(text)
