"""Rows of JSON to a table, against a signature of columns. Pure.

This runs for every request: what is done for each row is done by itemgetter and map, which are C.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.columns import ABSENT, Array, BadInput
from platformctl_predictors.inputs.plans import Plans, Values, missing_text
from platformctl_predictors.inputs.signature import ANY, Columns

_FLOATS = frozenset({"double", ANY})
_OBJECTS = {dict}


class Rows:
    """Reads the rows of one signature.

    Args:
        signature: The columns, in order.
    """

    def __init__(self, signature: Columns) -> None:
        self._signature = signature
        self._columns = signature.columns
        self._names = signature.names
        self._plans = Plans(signature)
        self._absents = (ABSENT,) * len(self._names)
        # One name twice would give two values, so a lone one is got by the slower way.
        self._get = itemgetter(*self._names) if len(self._names) > 1 else None

    @property
    def signature(self) -> Columns:
        """The columns."""
        return self._signature

    def read(self, rows: Sequence[Any]) -> tuple[Table, int]:
        """The table of at least one row, and how many columns were not known, summed over the rows.

        Raises:
            BadInput: A row does not fit; it is named, with what was expected.
        """
        kind = row_kind(rows)
        if kind is dict:
            return self._by_name(rows)
        if kind is object:
            if len(self._columns) != 1:
                raise BadInput(f"a row must be an object or a list; {self._signature.describe()}", "row")
            rows = [(row,) for row in rows]
        return Table(self._columns, self._by_position(rows)), 0

    def matrix(self, array: Array) -> Table:
        """The table of an array of shape (rows, columns), in the signature's order.

        Raises:
            BadInput: It does not fit; the row is named, with what was expected.
        """
        rows = array.tolist()
        fits = array.shape[1:] == (len(self._columns),)
        if fits and array.dtype.kind == "f" and all(c.type in _FLOATS for c in self._columns):
            return Table(self._columns, list(map(tuple, rows)))
        return self.read(rows)[0]

    def table(self, columns: Mapping[str, Sequence[Any]], count: int) -> tuple[Table, int]:
        """The table of named columns of `count` values each, and how many values were of unknown ones.

        Raises:
            BadInput: A required column is missing, or a value does not fit.
        """
        missing = [c for c in self._columns if c.required and c.name not in columns]
        if missing:
            raise BadInput(f"{missing_text(missing)}; {self._signature.describe()}", "column")
        nothing = self._absents[:1] * count
        rows = zip(*(columns.get(name, nothing) for name in self._names), strict=True)
        extra = len(columns.keys() - set(self._names)) * count
        return Table(self._columns, self._fitted(rows)), extra

    def _by_name(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Table, int]:
        if not self._names:
            raise BadInput(f"the rows must be lists: {self._signature.describe()}, without names", "row")
        get, plans = self._get, self._plans
        extra, read = 0, []
        for index, row in enumerate(rows):
            try:
                values = self._some(row) if get is None else get(row)
            except KeyError:
                values = self._some(row)
            plan = plans.plan(values, index)
            read.append(values if plan.idle else plans.apply(plan, values, index))
            extra += len(row) - plan.present
        return Table(self._columns, read), extra

    def _some(self, row: Mapping[str, Any]) -> Values:
        return tuple(map(row.get, self._names, self._absents))

    def _by_position(self, rows: Sequence[Sequence[Any]]) -> list[Values]:
        width = len(self._columns)
        for index, row in enumerate(rows):
            if len(row) != width:
                raise BadInput(f"row {index} has {len(row)} values; {self._signature.describe()}", "row")
        return self._fitted(map(tuple, rows))

    def _fitted(self, rows: Iterable[Values]) -> list[Values]:
        plans, read = self._plans, []
        for index, values in enumerate(rows):
            plan = plans.plan(values, index)
            read.append(values if plan.idle else plans.apply(plan, values, index))
        return read


def row_kind(rows: Sequence[object]) -> type:
    """What the rows are: dict, list, or object for bare values.

    Raises:
        BadInput: They are not of one kind.
    """
    types = set(map(type, rows))
    if types == _OBJECTS:
        return dict
    kinds = {_kind(kind) for kind in types}
    if len(kinds) != 1:
        raise BadInput('all rows of "instances" must be of one kind: objects, lists or values', "row")
    return kinds.pop()


def _kind(kind: type) -> type:
    return next((known for known in (dict, list) if issubclass(kind, known)), object)
