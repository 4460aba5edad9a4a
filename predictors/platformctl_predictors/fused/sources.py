"""The columns of a request as the steps of a pipeline see them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.signature import ANY, Column, Columns

INTEGERS = ("integer", "long")
NUMBERS = ("double", "float", *INTEGERS, "boolean")
"""Types of columns that can be gathered into a matrix of numbers."""

_ORDINARY = {
    "double": 1.5,
    "float": 1.5,
    "integer": 1,
    "long": 1,
    "boolean": True,
    "string": "text",
    "binary": b"text",
    "datetime": pd.Timestamp("2020-01-01").as_unit("ns"),
}
_UNTYPED: dict[str, frozenset[type]] = {
    "double": frozenset({int, float, type(None)}),
    "string": frozenset({str, type(None)}),
    "boolean": frozenset({bool}),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One column of the requests.

    Args:
        index: Its position in a row.
        column: As the signature has it.
        kind: MLflow's type; for a column without one, what its values say.
        known: Values that encoders know, or that a step treats in its own way.
    """

    index: int
    column: Column
    kind: str
    known: tuple[Any, ...] = ()

    @property
    def label(self) -> str:
        """How a message calls the column."""
        return f'column "{self.column.name}"' if self.column.name is not None else f"column {self.index}"

    @property
    def missing(self) -> tuple[Any, ...]:
        """How a missing value of this column may look in a row."""
        if self.kind in ("double", "float"):
            null = () if self.column.required and self.column.type != ANY else (None,)
            return (math.nan, *null)
        if self.kind in (*INTEGERS, "boolean"):
            return () if self.column.required else (None,)
        return (None,)

    @property
    def untyped(self) -> frozenset[type] | None:
        """Types that a column without a type may hold; None for a column that has one."""
        return _UNTYPED.get(self.kind, frozenset()) if self.column.type == ANY else None

    def ordinary(self) -> Any:
        """A value that every step should take."""
        return self.known[0] if self.known else _ORDINARY.get(self.kind)


def sources(
    signature: Columns, known: Sequence[Iterable[Any]], example: Sequence[tuple[Any, ...]]
) -> tuple[Source, ...]:
    """The signature's columns with the values that encoders know of each.

    Args:
        signature: The columns.
        known: For each column the values that encoders know.
        example: Rows; where a column has no type, its values there say what it is.
    """
    return tuple(
        _source(index, column, list(values), [row[index] for row in example])
        for index, (column, values) in enumerate(zip(signature.columns, known, strict=True))
    )


def framed(table_columns: Sequence[Source], rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows as the pipeline would be given them."""
    return frame(Table(tuple(source.column for source in table_columns), list(rows)))


def _source(index: int, column: Column, values: list[Any], seen: list[Any]) -> Source:
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    kind = _guessed([*values, *seen]) if column.type == ANY else column.type
    fitting = dict.fromkeys(_fitted(kind, value) for value in values)
    fitting.pop(None, None)
    if kind == "boolean":
        fitting = dict.fromkeys((True, False))
    return Source(index, column, kind, tuple(fitting))


def _guessed(values: list[Any]) -> str:
    """What a column without a type holds. A wrong guess costs time only: its values are not taken then."""
    if any(isinstance(value, str) for value in values):
        return "string"
    return "boolean" if values and all(isinstance(value, bool) for value in values) else "double"


def _fitted(kind: str, value: Any) -> Any:
    """A known value as a row of this column would have it; None if it cannot."""
    if kind == "string":
        return value if isinstance(value, str) else None
    if kind not in NUMBERS or isinstance(value, bool | str) or not isinstance(value, int | float):
        return None
    if not math.isfinite(value):
        return None
    if kind in INTEGERS:
        return int(value) if value == int(value) else None
    return float(np.float32(value)) if kind == "float" else float(value)
