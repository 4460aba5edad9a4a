"""Checked rows to the two tensors that an export of ours takes: `numbers` [n, k] and `texts` [n, m].

Two tensors cost ONNX Runtime 11-16 µs a call, one tensor a column 29-39 µs.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np

from platformctl_predictors.formats.onnx_gate import GateColumn, GateReport, Refusal
from platformctl_predictors.inputs.batch import Data, Table
from platformctl_predictors.inputs.columns import Array, BadInput, shown
from platformctl_predictors.inputs.signature import Column

NUMBERS, TEXTS = "numbers", "texts"
NULL_TEXT = "\ue000"
"""Stands for null in `texts`, which has no null: a character of Unicode's private use."""

MAGNITUDE = 1e18
"""Numbers beyond it are refused: their squares would leave single precision."""

Feed = dict[str, Array]
Take = Callable[[tuple[Any, ...]], tuple[Any, ...]]


class Feeder:
    """Makes a feed of a call's rows, and refuses what scikit-learn would refuse.

    Args:
        report: The export's gate, which says which column goes where and what is refused.
        dtypes: NumPy's dtype of each tensor that the graph takes.
    """

    def __init__(self, report: GateReport, dtypes: dict[str, Any]) -> None:
        self._columns = report.columns
        self._refuses = report.refuses
        self._null = report.missing_text
        self._square = report.magnitude**2
        self._magnitude = report.magnitude
        self._number_type = dtypes.get(NUMBERS)
        self._has_texts = TEXTS in dtypes
        self._allowed = {
            column: frozenset(refusal.allowed)
            for column, refusal in report.refuses.items()
            if refusal.allowed is not None
        }
        self._known: tuple[Column, ...] | None = None

    def feed(self, data: Data) -> Feed:
        """The tensors of some rows.

        Raises:
            BadInput: A value is refused by the model, or was not compared by the gate.
        """
        if isinstance(data, Table):
            return self._of_table(data)
        if isinstance(data, np.ndarray):
            return self._of_array(data)
        raise BadInput("the model takes rows of columns")

    def _of_table(self, table: Table) -> Feed:
        if table.columns is not self._known and table.columns != self._known:
            self._arrange(table.columns)
        feed: Feed = {}
        rows = table.rows
        if self._number_type is not None:
            feed[NUMBERS] = self._checked([self._numbers(row) for row in rows], self._number_columns)
        if self._has_texts:
            texts = [self._texts(row) for row in rows]
            if None in chain.from_iterable(texts):
                self._check_nulls(texts)
                texts = [tuple(self._null if x is None else x for x in row) for row in texts]
            feed[TEXTS] = np.array(texts, dtype=object)
        for column, allowed in self._allowed.items():
            self._check_allowed(column, allowed, rows)
        return feed

    def _of_array(self, array: Array) -> Feed:
        if array.ndim != 2:  # noqa: PLR2004 - rows and columns
            raise BadInput(f"the model takes rows of numbers; the shape is {list(array.shape)}", "row")
        try:
            return {NUMBERS: self._checked(array, range(array.shape[1]))}
        except (TypeError, ValueError) as error:
            if isinstance(error, BadInput):
                raise
            raise BadInput(f"the model takes numbers: {error}") from error

    def _checked(self, values: Any, columns: Sequence[int]) -> Array:  # what numpy makes an array of
        """The tensor of numbers. One product says whether any of them needs a closer look."""
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = np.array(values, self._number_type)
            flat = numbers.ravel()
            usual = np.dot(flat, flat) < self._square
        if not usual:  # too large, or NaN
            self._check_numbers(numbers, columns)
        return numbers

    def _arrange(self, columns: tuple[Column, ...]) -> None:
        """Find each of the export's columns among those of the rows."""
        places = {column.name: index for index, column in enumerate(columns)}
        wanted = self._columns or ()
        at = [places.get(c.name) if c.name is not None else n for n, c in enumerate(wanted)]
        self._places = at
        self._number_columns = [n for n, c in enumerate(wanted) if c.tensor == NUMBERS]
        self._text_columns = [n for n, c in enumerate(wanted) if c.tensor == TEXTS]
        self._numbers = _taker([at[n] for n in self._number_columns])
        self._texts = _taker([at[n] for n in self._text_columns])
        self._known = columns

    def _check_numbers(self, numbers: Array, columns: Sequence[int]) -> None:
        """Say which number it is that cannot be taken; NaN is taken where the model takes it."""
        large = np.argwhere(np.abs(numbers) > self._magnitude)
        if len(large):
            row, place = large[0]
            raise BadInput(
                f"{self._label(columns[place])}, row {row}: beyond ±{self._magnitude:g}, "
                "what the ONNX export was compared on"
            )
        for place, column in enumerate(columns):
            if self._refuses.get(column, _NOTHING).missing and np.isnan(numbers[:, place]).any():
                row = int(np.isnan(numbers[:, place]).argmax())
                raise self._missing(column, row)

    def _check_nulls(self, texts: Sequence[tuple[Any, ...]]) -> None:
        for place, column in enumerate(self._text_columns):
            if self._refuses.get(column, _NOTHING).missing:
                for row, values in enumerate(texts):
                    if values[place] is None:
                        raise self._missing(column, row)

    def _check_allowed(self, column: int, allowed: frozenset[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        place = self._places[column]
        for row, values in enumerate(rows):
            value = None if place is None else values[place]
            if value not in allowed and value is not None and value == value:  # noqa: PLR0124 - NaN is not
                raise BadInput(
                    f"{self._label(column)}, row {row}: {shown(value)} is a category that the model does not "
                    "know, and was told to refuse"
                )

    def _missing(self, column: int, row: int) -> BadInput:
        return BadInput(f"{self._label(column)}, row {row}: the model takes no missing value there")

    def _label(self, column: int) -> str:
        found = self._columns[column] if self._columns else None
        return f"value {column}" if found is None or found.name is None else f'column "{found.name}"'


_NOTHING = Refusal()


def tensors(columns: Sequence[GateColumn]) -> tuple[list[int], list[int]]:
    """The indices of the columns of each tensor, in its order."""
    numbers = [n for n, column in enumerate(columns) if column.tensor == NUMBERS]
    return numbers, [n for n in range(len(columns)) if n not in numbers]


def _taker(places: Sequence[int | None]) -> Take:
    """Takes some values of a row; what has no place is missing. The usual cases without a loop in Python."""
    if None in places:
        return lambda row: tuple(None if place is None else row[place] for place in places)
    found = [place for place in places if place is not None]
    if not found:
        return lambda _: ()
    if found == list(range(found[0], found[0] + len(found))):
        return itemgetter(slice(found[0], found[-1] + 1))
    return itemgetter(*found)
