"""Rows that a person gives: JSON, JSON lines, or CSV with a header."""

import csv
import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from platformctl_predictors.export.errors import BadRows
from platformctl_predictors.export.source import Source
from platformctl_predictors.inputs.columns import BadInput

_TRUTHS = {"true": True, "false": False}


def read(path: Path, source: Source) -> list[tuple[Any, ...]]:
    """The rows of a file, checked against the model's signature.

    Raises:
        BadRows: It cannot be read, or a row does not fit.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = _csv(text, source) if path.suffix.lower() == ".csv" else _json(text)
        rows = source.checked(raw)
    except (OSError, UnicodeDecodeError, BadInput, csv.Error) as error:
        raise BadRows(f"{path}: {error}") from error
    if not rows:
        raise BadRows(f"{path} has no rows")
    return rows


def _json(text: str) -> Sequence[Any]:
    """A list, `{"instances": [...]}`, or one row a line."""
    try:
        document = json.loads(text)
    except ValueError:
        document = _lines(text)
    if isinstance(document, dict) and isinstance(document.get("instances"), list):
        document = document["instances"]
    return document if isinstance(document, list) else [document]


def _lines(text: str) -> list[Any]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError as error:
                raise BadInput(f"line {number} is not JSON: {error}") from error
    return found


def _csv(text: str, source: Source) -> list[Any]:
    """Objects by the header's names, each cell as its column has it; an empty one is null."""
    kinds = {column.name: column.type for column in source.columns or ()}
    rows = csv.DictReader(StringIO(text), strict=True)
    if source.columns is None:
        return [[_cell(value, "double") for value in row.values()] for row in rows]
    return [
        {name: _cell(value, kinds.get(name, "string")) for name, value in row.items() if name is not None}
        for row in rows
    ]


def _cell(text: str | None, kind: str) -> Any:  # a value of any type
    if not text:
        return None
    if kind == "string":
        return text
    if kind == "boolean":
        return _TRUTHS.get(text.lower(), text)
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text
