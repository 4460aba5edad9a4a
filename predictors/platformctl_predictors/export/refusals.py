"""Which values scikit-learn refuses, and an ONNX graph would take without a word: found by trying."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from platformctl_predictors.export.source import Source
from platformctl_predictors.export.structure import Facts
from platformctl_predictors.formats.onnx_gate import Refusal

UNKNOWN_TEXT = "\ue002 unknown"
UNKNOWN_NUMBER = 987_654_321

Row = tuple[Any, ...]
Taken = Callable[[Sequence[Row]], Sequence[bool]]


def refusals(source: Source, facts: Sequence[Facts], base: Row, taken: Taken) -> dict[int, Refusal]:
    """What is refused, by column.

    Args:
        source: The model.
        facts: What is known of each column.
        base: A row that the model answers.
        taken: Whether the model answers each of some rows.
    """
    found = {}
    without = taken([changed(base, column, None) for column in range(source.width)])
    for column in range(source.width):
        refusal = Refusal(
            missing=may_be_missing(source, column) and not without[column],
            allowed=_allowed(source, facts[column], column, base, taken),
        )
        if refusal != Refusal():
            found[column] = refusal
    return found


def may_be_missing(source: Source, column: int) -> bool:
    """Whether a request can leave it out or say null: not in required integers and booleans."""
    if source.columns is None:
        return True
    known = source.columns[column]
    return not known.required or known.type in {"double", "float", "string"}


def changed(row: Row, column: int, value: object) -> Row:
    """The row with another value in one column; None is what a request's null becomes there."""
    is_number = isinstance(row[column], int | float) and not isinstance(row[column], bool)
    missing = math.nan if value is None and is_number else value
    return (*row[:column], missing, *row[column + 1 :])


def _allowed(source: Source, facts: Facts, column: int, base: Row, taken: Taken) -> tuple[Any, ...] | None:
    """The categories that are taken, if an unknown one is not."""
    kind = source.columns[column].type if source.columns is not None else "double"
    if kind == "boolean" or not facts.categories:
        return None
    unknown = UNKNOWN_TEXT if kind == "string" else UNKNOWN_NUMBER
    if taken([changed(base, column, unknown)])[0]:
        return None
    known = [c for c in dict.fromkeys(facts.categories) if c is not None and c == c]  # noqa: PLR0124 - NaN is not
    answered = taken([changed(base, column, c) for c in known])
    return tuple(c for c, is_taken in zip(known, answered, strict=True) if is_taken)
