"""What has happened to a deployment: a table, and below each row what does not fit into it."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from platformctl.cli.output import WIDTH, Column, table
from platformctl.domain.gates import Outcome
from platformctl.domain.rollout import Record
from platformctl.usecases.read import History

_COLUMNS = (
    Column("TIME (UTC)"),
    Column("EVENT"),
    Column("REVISION", shrinks=True),
    Column("DETAIL", shrinks=True),
)
_INDENT = "    "
_BETWEEN = re.compile(rf"; (?=\S+ (?:{'|'.join(Outcome)}): )")
"""Between what two gates said."""

_HELD = " was held: "
"""What a step says of its share, before what the gates said."""


def history(found: History, width: int = WIDTH) -> list[str]:
    """What has happened, oldest first; what the gates said, a line each; and to what a rollback can go."""
    records = found.records
    room = width - _taken(records)
    told = [_split(" ".join(record.detail.split()), room) for record in records]
    rows = [
        [f"{r.at:%Y-%m-%d %H:%M:%S}", r.event, r.revision or "", short]
        for r, (short, _) in zip(records, told, strict=True)
    ]
    head, *lines = table(_COLUMNS, rows, width)
    below = [list(_below(more, width)) for _, more in told]
    told_below = (text for line, more in zip(lines, below, strict=True) for text in (line, *more))
    return [head, *told_below, *_previous(found)]


def _previous(found: History) -> Iterator[str]:
    if not found.previous:
        return
    yield ""
    yield "A rollback can go back to:"
    for revision, is_live in found.previous.items():
        yield f"  {revision}: {'live' if is_live else 'not live any more, so it is made anew'}"


def _taken(records: Sequence[Record]) -> int:
    """Characters of a row before its detail: each column is as wide as its widest text."""
    event = max((len(record.event) for record in records), default=0)
    revision = max((len(record.revision or "") for record in records), default=0)
    return len("2026-01-01 00:00:00") + max(event, len("EVENT")) + max(revision, len("REVISION")) + 6


def _split(detail: str, room: int) -> tuple[str, str]:
    """What stands in the row, and what below it."""
    if len(detail) <= room:
        return detail, ""
    head, held, rest = detail.partition(_HELD)
    short = f"{head}{_HELD.rstrip(': ')}"
    return (short, rest) if held and len(short) <= room else ("", detail)


def _below(text: str, width: int) -> Iterator[str]:
    for part in _BETWEEN.split(text) if text else []:
        yield from textwrap.wrap(
            part, width, initial_indent=_INDENT, subsequent_indent=_INDENT + "  ", break_on_hyphens=False
        )
