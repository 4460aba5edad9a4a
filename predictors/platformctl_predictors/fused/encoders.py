"""Columns whose values are looked up. What a value becomes is not computed here: the fitted steps are asked.

Asked are all values that their encoders know, a value that none knows, null, NaN and the infinities. That
is enough for steps which treat all unknown values alike, and make each column from one (`discretises`).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from platformctl_predictors.fused.outcome import CannotFuse
from platformctl_predictors.fused.pieces import (
    Codes,
    Constants,
    Lookup,
    Matrix,
    Ones,
    Piece,
    Tables,
    Values,
    to_dense,
)
from platformctl_predictors.fused.sources import INTEGERS, Source
from platformctl_predictors.inputs.columns import Array

MAX_VALUES = 20_000
"""More known values than that, over all columns, are not asked for."""

_EXACT = 2**53
"""Integers beyond are not all floats, and categories may be compared as floats."""
_AT_ONCE = 256
_MOST_CELLS = 2**20

Ask = Callable[[list[tuple[Any, ...]]], Any]
"""What the steps make of rows: an array, a sparse matrix or a DataFrame."""

Cells = dict[int, float]
"""Columns of one row that differ from the base row, and what is there."""


def lookups(step: str, columns: Sequence[Source], ask: Ask) -> Matrix:
    """A matrix whose columns are looked up.

    Args:
        step: How a message calls the steps.
        columns: Of the steps' input, as many as a row that `ask` takes has values.
        ask: The fitted steps.

    Raises:
        CannotFuse: A value is not taken that should be, or a column depends on several.
    """
    _check(step, columns)
    base_row = tuple(column.ordinary() for column in columns)
    base = _asked(ask, [base_row])[0]
    answers = [_answers(ask, base_row, base, place, column) for place, column in enumerate(columns)]
    if any(base_row[place] not in answer for place, answer in enumerate(answers)):
        raise CannotFuse(step, "it refuses a value that its own encoder knows")
    pieces: list[Piece] = []
    written: set[int] = set()
    for column, answer in zip(columns, answers, strict=True):
        at = sorted(set().union(*(cells for cells in answer.values() if cells is not None)))
        if written.intersection(at):
            raise CannotFuse(step, "a column that it gives depends on several")
        written.update(at)
        pieces.extend(_pieces(step, column, answer, at, base))
    rest = [place for place in range(len(base)) if place not in written and _bits(base)[place] != 0]
    if rest:
        pieces.append(Constants(tuple(rest), base[rest]))
    return Matrix(len(base), np.dtype(np.float64), tuple(pieces))


def merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """The same pieces, fewer of them: lookups of one kind are done at once."""
    ones: dict[float, list[Lookup]] = {}
    at: list[int] = []
    values: list[Lookup] = []
    others: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, Ones):
            ones.setdefault(piece.on, []).extend(piece.lookups)
        elif isinstance(piece, Values):
            at.extend(piece.at)
            values.extend(piece.lookups)
        else:
            others.append(piece)
    others.extend(Ones(tuple(found), on) for on, found in ones.items())
    if values:
        others.append(Values(tuple(at), tuple(values)))
    return tuple(others)


class _Other:
    """Stands for any value that no step knows."""


_OTHER = _Other()


def _check(step: str, columns: Sequence[Source]) -> None:
    for column in columns:
        if column.kind in ("binary", "datetime"):
            raise CannotFuse(step, f"{column.label} is {column.kind}")
        if any(not isinstance(value, str) and abs(value) >= _EXACT for value in column.known):
            raise CannotFuse(step, f"{column.label} has categories beyond 2**53")
    count = sum(len(column.known) for column in columns)
    if count > MAX_VALUES:
        raise CannotFuse(step, f"{count} categories; {MAX_VALUES} are the most")


def _answers(
    ask: Ask, base_row: tuple[Any, ...], base: Array, place: int, column: Source
) -> dict[Any, Cells | None]:
    """What each value becomes, as the difference from the base row; None where the steps refuse it."""
    values: list[Any] = list(column.known or (column.ordinary(),))
    values += [_OTHER, *column.missing]
    if column.kind in ("double", "float"):
        values += [math.inf, -math.inf]
    rows = [
        (*base_row[:place], _other(column) if value is _OTHER else value, *base_row[place + 1 :])
        for value in values
    ]
    answers: dict[Any, Cells | None] = {}
    for value, cells in zip(values, _differences(ask, rows, base), strict=True):
        key = None if value is None or value != value else value  # noqa: PLR0124 only NaN differs from itself
        if key in answers and not _same(answers[key], cells):
            raise CannotFuse(column.label, "null and NaN are not the same to its encoder")
        answers[key] = cells
    return answers


def _differences(ask: Ask, rows: list[tuple[Any, ...]], base: Array) -> Iterator[Cells | None]:
    """For each row its difference from the base row; None where the steps refuse it."""
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        for row in _halved(ask, part):
            if row is None:
                yield None
                continue
            places = np.flatnonzero(_bits(row) != _bits(base))
            yield dict(zip(places.tolist(), row[places].tolist(), strict=True))


def _halved(ask: Ask, rows: list[tuple[Any, ...]]) -> list[Array | None]:
    """What rows become; None where the steps refuse one."""
    try:
        return list(_asked(ask, rows))
    except Exception:  # noqa: BLE001 how it refuses is for the pipeline to say, if such a row comes
        if len(rows) == 1:
            return [None]
    half = len(rows) // 2
    return _halved(ask, rows[:half]) + _halved(ask, rows[half:])


def _asked(ask: Ask, rows: list[tuple[Any, ...]]) -> Array:
    return np.ascontiguousarray(to_dense(ask(rows)), dtype=np.float64)


def _bits(row: Array) -> Array:
    return row.view(np.int64)


def _same(one: Cells | None, other: Cells | None) -> bool:
    if one is None or other is None:
        return one is other
    return repr(sorted(one.items())) == repr(sorted(other.items()))  # NaN is equal to NaN here


def _other(column: Source) -> Any:
    """A value of the column's type that no encoder knows."""
    if column.kind == "boolean":
        return True  # there is no third
    if column.kind == "string":
        return "not known: " + "".join(sorted(column.known, key=len, reverse=True)[:1])
    highest = max((value for value in column.known), default=0)
    if column.kind in INTEGERS:
        free = iter(set(range(len(column.known) + 1)) - set(column.known))
        return next(free)
    return float(highest) * 2 + 1.5 if highest > 0 else 1.5


def _pieces(
    step: str, column: Source, answer: dict[Any, Cells | None], at: list[int], base: Array
) -> Iterator[Piece]:
    """What writes the columns that depend on this one."""
    usual = {place: float(base[place]) for place in at}
    rows = {value: None if cells is None else _nonzero(usual, cells) for value, cells in answer.items()}
    codes = _codes(column, rows)
    taken = [row for row in rows.values() if row is not None]
    on = {value for row in taken for value in row.values()}
    if len(on) == 1 and all(len(row) <= 1 for row in taken):
        yield Ones(((column.index, codes.mapped(lambda row: next(iter(row), -1))),), on.pop())
    elif len(at) == 1:
        yield Values(tuple(at), ((column.index, codes.mapped(lambda row: row.get(at[0], 0.0))),))
    elif at:
        if len(at) * len(taken) > _MOST_CELLS:
            raise CannotFuse(step, f"{column.label} needs a table of {len(taken)} by {len(at)}")
        table = np.array([[row.get(place, 0.0) for place in at] for row in taken])
        places = {id(row): place for place, row in enumerate(taken)}
        yield Tables(tuple(at), (column.index, codes.mapped(lambda row: places[id(row)])), table)
    elif not all(row is not None for row in rows.values()):
        yield Ones(((column.index, codes.mapped(lambda _: -1)),), 1.0)  # it only refuses


def _nonzero(usual: Cells, cells: Cells) -> Cells:
    """What stands in the columns that depend on a value, but for zeros; minus zero is no zero."""
    row = usual | cells
    return {place: value for place, value in row.items() if value != 0 or math.copysign(1, value) < 0}


def _codes(column: Source, rows: dict[Any, Any]) -> Codes:
    known = {v: row for v, row in rows.items() if row is not None and v is not None and v is not _OTHER}
    refused = frozenset(v for v, row in rows.items() if row is None and v is not None and v is not _OTHER)
    other = None if column.kind == "boolean" else rows[_OTHER]
    return Codes(known, other, rows.get(None), refused, single=column.kind == "float")
