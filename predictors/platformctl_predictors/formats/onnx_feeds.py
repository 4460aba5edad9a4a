"""Checked rows to the two tensors that an export of ours takes: `numbers` [n, k] and `texts` [n, m].

Two tensors cost ONNX Runtime 11-16 µs a call, one tensor a column 29-39 µs.
"""

from collections.abc import Callable, Collection, Sequence
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
"""Numbers beyond it are refused: in single precision their squares are infinite."""

Feed = dict[str, Array]
Take = Callable[[tuple[Any, ...]], tuple[Any, ...]]


class Feeder:
    """Makes a feed of a call's rows, and refuses what scikit-learn would refuse.

    Args:
        report: The export's gate, which says which column goes where and what is refused.
        tensors: Those that the graph takes, of `numbers` and `texts`.
    """

    def __init__(self, report: GateReport, tensors: Collection[str]) -> None:
        self._columns = report.columns
        self._refuses = report.refuses
        self._null = report.missing_text
        self._magnitude = report.magnitude
        self._square = report.magnitude**2
        self._with_numbers, self._with_texts = NUMBERS in tensors, TEXTS in tensors
        self._allowed = {
            column: frozenset(refusal.allowed)
            for column, refusal in report.refuses.items()
            if refusal.allowed is not None
        }
        self._known: tuple[Column, ...] | None = None

    def feed(self, data: Data) -> Feed:
        """The tensors of some rows.

        Raises:
            BadInput: A missing value is refused by the model, or a number was not compared by the gate.
            ValueError: A category that the model was told to refuse.
        """
        if isinstance(data, Table):
            return self._of_table(data)
        if isinstance(data, np.ndarray):
            return {NUMBERS: self._of_array(data)}
        raise BadInput("the model takes rows of columns", "row")

    def _of_table(self, table: Table) -> Feed:
        if table.columns is not self._known and table.columns != self._known:
            self._arrange(table.columns)
        feed: Feed = {}
        rows = table.rows
        if self._with_numbers:
            feed[NUMBERS] = self._checked(self._matrix(rows), self._number_columns)
        if self._with_texts:
            texts = list(chain.from_iterable(map(self._texts, rows)))
            width = len(self._text_columns)
            if not all(texts) and None in texts:
                self._check_nulls(texts, width)
                texts = [self._null if text is None else text for text in texts]
            feed[TEXTS] = np.fromiter(texts, object, len(texts)).reshape(-1, width)
        for column, allowed in self._allowed.items():
            self._check_allowed(column, allowed, rows)
        return feed

    def _matrix(self, rows: Sequence[tuple[Any, ...]]) -> Array:
        """The numbers of the rows. What is None is an optional column that was left out: NaN."""
        width = len(self._number_columns)
        try:
            values = chain.from_iterable(map(self._numbers, rows))
            return np.fromiter(values, np.float64, len(rows) * width).reshape(-1, width)
        except TypeError:
            return np.array([self._numbers(row) for row in rows], np.float64)

    def _of_array(self, array: Array) -> Array:
        if array.ndim != 2:  # noqa: PLR2004 - rows and columns
            raise BadInput(f"the model takes rows of numbers; the shape is {list(array.shape)}", "row")
        try:
            numbers = np.ascontiguousarray(array, np.float64)
        except (TypeError, ValueError) as error:
            raise BadInput(f"the model takes numbers: {error}") from error
        return self._checked(numbers, range(array.shape[1]))

    def _checked(self, numbers: Array, columns: Sequence[int]) -> Array:
        """The same numbers. One product says whether any of them needs a closer look."""
        if not np.vdot(numbers, numbers) < self._square:  # too large, or NaN
            self._check_numbers(numbers, columns)
        return numbers

    def _arrange(self, columns: tuple[Column, ...]) -> None:
        """Find each of the export's columns among those of the rows."""
        wanted = self._columns or ()
        at = places(columns, wanted)
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

    def _check_nulls(self, texts: Sequence[str | None], width: int) -> None:
        for index, text in enumerate(texts):
            row, place = divmod(index, width)
            column = self._text_columns[place]
            if text is None and self._refuses.get(column, _NOTHING).missing:
                raise self._missing(column, row)

    def _check_allowed(self, column: int, allowed: frozenset[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        place = self._places[column]
        for row, values in enumerate(rows):
            value = None if place is None else values[place]
            if value not in allowed and value is not None and value == value:  # noqa: PLR0124 - NaN is not
                # The model's failure, as it is scikit-learn's own: see refusals.py.
                raise ValueError(
                    f"{self._label(column)}, row {row}: {shown(value)} is a category that the model does not "
                    "know, and was told to refuse"
                )

    def _missing(self, column: int, row: int) -> BadInput:
        return BadInput(f"{self._label(column)}, row {row}: the model takes no missing value there")

    def _label(self, column: int) -> str:
        found = self._columns[column] if self._columns else None
        return f"value {column}" if found is None or found.name is None else f'column "{found.name}"'


def places(columns: Sequence[Column], wanted: Sequence[GateColumn]) -> list[int | None]:
    """Where in rows of `columns` each of an export's columns is: by its name if it has one; None: nowhere."""
    named = {column.name: index for index, column in enumerate(columns)}
    return [named.get(c.name) if c.name is not None else n for n, c in enumerate(wanted)]


_NOTHING = Refusal()


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
