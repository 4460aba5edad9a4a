"""Rows for models without a signature: they have to agree among themselves. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from platformctl_predictors.inputs.arrays import infer_array
from platformctl_predictors.inputs.batch import Data, Table
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.rows import row_kind
from platformctl_predictors.inputs.signature import ANY, Column


def untold(rows: Sequence[Any]) -> Data:
    """At least one row, whatever it is: objects as a table, lists and values as an array.

    Raises:
        BadInput: The rows differ in kind, columns or length.
    """
    return _by_first_row(rows) if row_kind(rows) is dict else infer_array(rows)


def _by_first_row(rows: Sequence[Mapping[str, Any]]) -> Table:
    names = list(rows[0])
    if not names:
        raise BadInput("row 0 has no columns", "row")
    for index, row in enumerate(rows):
        if row.keys() != rows[0].keys():
            differing = ", ".join(sorted(f'"{name}"' for name in row.keys() ^ rows[0].keys()))
            raise BadInput(f"row {index} has other columns than row 0: {differing}", "column")
    columns = tuple(Column(name, ANY) for name in names)
    return Table(columns, [tuple(row[name] for name in names) for row in rows])
