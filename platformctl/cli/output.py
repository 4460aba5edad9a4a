"""Data on stdout: tables that fit their width, JSON, YAML."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

WIDTH = 80
"""Columns of a table, where no terminal says how wide it is."""

SCHEMA = "platformctl.io/cli/v1"
"""The version of all shapes that `-o json` and `-o yaml` print; docs/cli-json.md lists them."""

_GAP = "  "
_LEAST = 8

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Args:
        title: Its heading.
        right: Whether figures stand at the right.
        shrinks: Whether its texts may be shortened for the table to fit.
    """

    title: str
    right: bool = False
    shrinks: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int = WIDTH) -> list[str]:
    """Lay out a table of at most `width` characters a line, as far as its columns can shrink."""
    cells = [[column.title for column in columns], *([_one_line(cell) for cell in row] for row in rows)]
    natural = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widths = _fitted(columns, natural, width - len(_GAP) * (len(columns) - 1))
    return [_line(columns, widths, row) for row in cells]


def _one_line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text or "\t" in text else text


def _fitted(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int]:
    """Take from the widest column that shrinks, a character at a time, until the table fits."""
    widths = list(natural)
    while sum(widths) > width:
        able = [n for n, column in enumerate(columns) if column.shrinks and widths[n] > _LEAST]
        if not able:
            break
        widths[max(able, key=lambda n: widths[n])] -= 1
    return widths


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    aligned = [
        (cut(cell, width).rjust(width) if column.right else cut(cell, width).ljust(width))
        for column, width, cell in zip(columns, widths, cells, strict=True)
    ]
    return _GAP.join(aligned).rstrip()


def cut(text: str, width: int) -> str:
    """Shorten a text to `width` characters, the last one an ellipsis."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def document(kind: str, **fields: object) -> Document:
    """The envelope of everything that is printed as JSON."""
    return {"schema": SCHEMA, "kind": kind, **fields}


def moment(at: datetime | None) -> str | None:
    """A time as RFC 3339 in UTC, to the second."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None


def as_text(shape: Document, form: str) -> str:
    """A document as JSON or YAML."""
    if form == "yaml":
        import yaml  # only who asks for YAML pays for it

        text: str = yaml.safe_dump(json.loads(json.dumps(shape)), sort_keys=False, allow_unicode=True)
        return text.rstrip("\n")
    return json.dumps(shape, indent=2)  # ASCII: the same bytes whatever stdout's encoding is


def show(lines: Sequence[str], shape: Document, form: str) -> None:
    """Print the lines, or the document if the form is not `table`."""
    text = "\n".join(lines) if form == "table" else as_text(shape, form)
    if text:
        click.echo(text, color=True)  # the style has decided about colour already
