"""What runs for each request: from rows of Python values to the matrix of the last step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from operator import itemgetter
from typing import Any, Protocol

import numpy as np

from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.columns import Array
from platformctl_predictors.inputs.signature import Column

Row = tuple[Any, ...]
Rows = Sequence[Row]
Op = Callable[[Array], Array]
"""A step on numbers. It owns its argument, and may change it."""


class Untaken(Exception):
    """These rows are for the pipeline itself: they are rare, or it has something to say about them."""


def is_sparse(data: Any) -> bool:
    """Whether this is a sparse matrix of scipy's."""
    return hasattr(data, "toarray")


def to_dense(block: Any) -> Array:
    """An array of a sparse matrix; an array stays one."""
    dense: Array = block.toarray() if is_sparse(block) else block
    return dense


class Piece(Protocol):
    """Writes its columns of a matrix."""

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions in the row that it reads."""

    def write(self, rows: Rows, out: Array) -> None:
        """Write all rows.

        Raises:
            Untaken: The pipeline itself has to compute them.
        """

    def shifted(self, by: int) -> "Piece":
        """The same piece, in columns further to the right."""


class Codes(dict[Any, Any]):
    """What each value of a column becomes; values that were never seen are alike.

    Args:
        known: The values and what they become.
        other: What any other value becomes; None: the pipeline refuses it.
        missing: What None and NaN become; None likewise.
        refused: Values that the pipeline refuses.
        single: Whether the column is float32, which a float of JSON is only after rounding.
    """

    __slots__ = ("missing", "other", "refused", "single")

    def __init__(
        self, known: dict[Any, Any], other: Any, missing: Any, refused: frozenset[Any], *, single: bool
    ) -> None:
        super().__init__(known)
        self.other = other
        self.missing = missing
        self.refused = refused
        self.single = single

    def __missing__(self, value: Any) -> Any:
        """What a value becomes that is no key.

        Raises:
            Untaken: The pipeline refuses it.
        """
        if value is None or value != value:  # noqa: PLR0124 only NaN differs from itself
            code = self.missing
        else:
            value = float(np.float32(value)) if self.single else value
            code = None if value in self.refused else self.get(value, self.other)
        if code is None:
            raise Untaken
        return code

    def mapped(self, change: Callable[[Any], Any]) -> "Codes":
        """The same values, which become something else."""
        other, missing = (None if code is None else change(code) for code in (self.other, self.missing))
        known = {value: change(code) for value, code in self.items()}
        return Codes(known, other, missing, self.refused, single=self.single)


Lookup = tuple[int, Codes]
"""A position in the row, and what its values become."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Columns of numbers, through steps that take numbers.

    Args:
        at: Columns that are written, from and to.
        indices: Positions in the row; at least one.
        pick: Picks the values at these positions; a bare value if there is only one.
        dtype: Of the matrix that they are gathered in.
        single: Columns of that matrix that are float32 among float64.
        ops: The steps.
    """

    at: tuple[int, int]
    indices: tuple[int, ...]
    pick: Callable[[Row], Any]
    dtype: np.dtype[Any]
    single: tuple[int, ...] = ()
    ops: tuple[Op, ...] = ()

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions in the row that it reads."""
        return self.indices

    def write(self, rows: Rows, out: Array) -> None:
        """Write all rows; Untaken, or TypeError where a value has no place in the matrix."""
        np.copyto(out[:, self.at[0] : self.at[1]], to_dense(self.block(rows)), casting="same_kind")

    def block(self, rows: Rows) -> Array:
        """What `write` writes."""
        width = len(self.indices)
        picked = map(self.pick, rows)
        values = picked if width == 1 else chain.from_iterable(picked)
        block: Array = np.fromiter(values, self.dtype, len(rows) * width).reshape(-1, width)
        if self.single:
            block[:, self.single] = block[:, self.single].astype(np.float32)
        for op in self.ops:
            block = op(block)
        return block

    def shifted(self, by: int) -> "Numbers":
        """The same piece, in columns further to the right."""
        return replace(self, at=(self.at[0] + by, self.at[1] + by))


def picker(indices: Sequence[int]) -> Callable[[Row], Any]:
    """Picks a row's values at these positions; a bare value if there is only one."""
    first, last = indices[0], indices[-1]
    if len(indices) > 1 and list(indices) == list(range(first, last + 1)):
        return itemgetter(slice(first, last + 1))
    return itemgetter(*indices)


@dataclass(frozen=True, slots=True)
class Ones:
    """Columns that are zero but for at most one of each lookup's.

    Args:
        lookups: Each gives the column in which `on` stands; -1 for none.
        on: The value; mostly one.
    """

    lookups: tuple[Lookup, ...]
    on: float

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions in the row that it reads."""
        return tuple(index for index, _ in self.lookups)

    def write(self, rows: Rows, out: Array) -> None:
        """Write all rows, or raise Untaken."""
        if len(rows) == 1:
            row = rows[0]
            for index, codes in self.lookups:
                column = codes[row[index]]
                if column >= 0:
                    out[0, column] = self.on
            return
        columns = np.array([codes[row[index]] for index, codes in self.lookups for row in rows])
        places = np.tile(np.arange(len(rows)), len(self.lookups))
        if columns.min() < 0:
            somewhere = columns >= 0
            columns, places = columns[somewhere], places[somewhere]
        out[places, columns] = self.on

    def shifted(self, by: int) -> "Ones":
        """The same piece, in columns further to the right."""

        def shift(column: int) -> int:
            return column + by if column >= 0 else column

        return Ones(tuple((index, codes.mapped(shift)) for index, codes in self.lookups), self.on)


@dataclass(frozen=True, slots=True)
class Values:
    """One column a lookup: what its value becomes.

    Args:
        at: The columns that are written, one a lookup.
        lookups: Each gives a number.
    """

    at: tuple[int, ...]
    lookups: tuple[Lookup, ...]

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions in the row that it reads."""
        return tuple(index for index, _ in self.lookups)

    def write(self, rows: Rows, out: Array) -> None:
        """Write all rows, or raise Untaken."""
        for column, (index, codes) in zip(self.at, self.lookups, strict=True):
            out[:, column] = [codes[row[index]] for row in rows]

    def shifted(self, by: int) -> "Values":
        """The same piece, in columns further to the right."""
        return Values(tuple(column + by for column in self.at), self.lookups)


@dataclass(frozen=True, slots=True)
class Tables:
    """Several columns for one lookup.

    Args:
        at: The columns that are written.
        lookup: Gives a row of the table.
        table: Shape (rows, columns that are written).
    """

    at: tuple[int, ...]
    lookup: Lookup
    table: Array

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions in the row that it reads."""
        return self.lookup[:1]

    def write(self, rows: Rows, out: Array) -> None:
        """Write all rows, or raise Untaken."""
        index, codes = self.lookup
        out[:, self.at] = self.table[[codes[row[index]] for row in rows]]

    def shifted(self, by: int) -> "Tables":
        """The same piece, in columns further to the right."""
        return replace(self, at=tuple(column + by for column in self.at))


@dataclass(frozen=True, slots=True)
class Constants:
    """Columns that are the same in each row.

    Args:
        at: The columns that are written.
        values: One each.
    """

    at: tuple[int, ...]
    values: Array

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions in the row that it reads."""
        return ()

    def write(self, rows: Rows, out: Array) -> None:  # noqa: ARG002 as each piece
        """Write all rows."""
        out[:, self.at] = self.values

    def shifted(self, by: int) -> "Constants":
        """The same piece, in columns further to the right."""
        return replace(self, at=tuple(column + by for column in self.at))


@dataclass(frozen=True, slots=True)
class Matrix:
    """Pieces side by side, and steps on the whole.

    Args:
        width: Columns that the pieces write together.
        dtype: Of that matrix.
        pieces: Each column is written by one of them, or stays zero where a lookup gives no column.
        ops: Steps on it.
    """

    width: int
    dtype: np.dtype[Any]
    pieces: tuple[Piece, ...]
    ops: tuple[Op, ...] = ()

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions in the row that its pieces read."""
        return tuple(index for piece in self.pieces for index in piece.reads)

    @property
    def alone(self) -> Numbers | None:
        """The only piece, if that is one of numbers. Others may write nothing, and yet refuse a row."""
        first = self.pieces[0] if len(self.pieces) == 1 else None
        return first if isinstance(first, Numbers) and first.at == (0, self.width) else None

    def make(self, rows: Rows) -> Any:  # an array, or a sparse matrix
        """The matrix of these rows.

        Raises:
            Untaken: The pipeline itself has to compute them.
        """
        alone = self.alone
        if alone is not None:
            out = alone.block(rows)
        else:
            out = np.zeros((len(rows), self.width), self.dtype)
            for piece in self.pieces:
                piece.write(rows, out)
        for op in self.ops:
            out = op(out)
        return out


@dataclass(frozen=True, slots=True)
class Inner:
    """A matrix within a matrix.

    Args:
        at: Columns that are written, from and to.
        matrix: What is written.
    """

    at: tuple[int, int]
    matrix: Matrix

    @property
    def reads(self) -> tuple[int, ...]:
        """Positions in the row that it reads."""
        return self.matrix.reads

    def write(self, rows: Rows, out: Array) -> None:
        """Write all rows, or raise Untaken."""
        block = to_dense(self.matrix.make(rows))
        if block.shape[1] == 0:
            return  # without columns its type has no part in that of the whole
        np.copyto(out[:, self.at[0] : self.at[1]], block, casting="same_kind")

    def shifted(self, by: int) -> "Inner":
        """The same piece, in columns further to the right."""
        return replace(self, at=(self.at[0] + by, self.at[1] + by))


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps before the last.

    Args:
        columns: Of the tables that it takes.
        untyped: Positions of columns without a type that it reads, and the types that it takes in them.
        matrix: What it makes.
        finish: Gives the matrix the layout and type that the last step would be given.
    """

    columns: tuple[Column, ...]
    untyped: tuple[tuple[int, frozenset[type]], ...]
    matrix: Matrix
    finish: Op

    def __call__(self, table: Table) -> Any:  # an array, or a sparse matrix
        """What the last step is given.

        Raises:
            Untaken: The pipeline itself has to compute these rows.
        """
        if table.columns is not self.columns and table.columns != self.columns:
            raise Untaken
        for index, allowed in self.untyped:
            kinds = {type(row[index]) for row in table.rows}
            # A column of nothing but null is no column of numbers to pandas.
            if not kinds <= allowed or kinds == _NULL:
                raise Untaken
        return self.finish(self.matrix.make(table.rows))


_NULL = {type(None)}
