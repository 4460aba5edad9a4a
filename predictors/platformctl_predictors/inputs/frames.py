"""Rows of JSON to what a model takes: strict against the signature, and pure.

Shapes: n rows in, and a table of n rows, an array whose first dimension is n, or one such array a name
out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from platformctl_predictors.inputs.batch import Data, Table
from platformctl_predictors.inputs.columns import (
    Array,
    BadInput,
    column_array,
    column_values,
    number_array,
    shown,
)
from platformctl_predictors.inputs.signature import (
    ANY,
    AsIs,
    Column,
    Columns,
    Signature,
    Tensors,
    TensorSpec,
)

Row = Mapping[str, object]


def instances(body: object) -> list[Any]:
    """The rows of a V1 request.

    Raises:
        BadInput: The body is not an object with a list called "instances".
    """
    if not isinstance(body, dict):
        raise BadInput('the body must be a JSON object: {"instances": [...]}')
    if "instances" not in body:
        found = ", ".join(sorted(str(key) for key in body)) or "nothing"
        raise BadInput(f'the body has no "instances"; it has: {shown(found)}')
    rows = body["instances"]
    if not isinstance(rows, list):
        raise BadInput(f'"instances" must be a list of rows, not {type(rows).__name__}')
    return rows


def from_rows(rows: Sequence[Any], signature: Signature | None) -> Data:
    """What the model takes, from at least one row.

    Args:
        rows: Objects by column name, lists in the signature's order, or bare values where a row
            is one value.
        signature: What the model expects; None: whatever comes, objects as a table, lists as
            an array.

    Raises:
        BadInput: A row does not fit; it names the row and what was expected.
    """
    if isinstance(signature, AsIs):
        return list(rows)
    if isinstance(signature, Tensors):
        return _tensors(rows, signature)
    kind = _kind(rows)
    if isinstance(signature, Columns):
        return _by_signature(rows, kind, signature)
    if kind is dict:
        return _by_first_row(rows)
    return infer_array(rows)


def from_columns(table: Mapping[str, Sequence[object]], signature: Columns) -> Table:
    """A table in the signature's order; columns it does not name are left out.

    An optional column that is not there stays absent, as MLflow has it.

    Raises:
        BadInput: A required column is missing, or a value does not fit.
    """
    missing = [c.name for c in signature.columns if c.required and c.name not in table]
    if missing:
        raise BadInput(f"{_missing_text(missing)}; {signature.describe()}")
    present = [c for c in signature.columns if c.name in table]
    return _table(present, [column_values(c, f'column "{c.name}"', table[str(c.name)]) for c in present])


def infer_array(rows: Sequence[object]) -> Array:
    """An array of whatever the rows hold: numbers if all are (null is NaN), else objects.

    Raises:
        BadInput: The rows have different lengths, or hold objects.
    """
    try:
        raw = np.array(rows, dtype=object)
    except ValueError as error:
        raise BadInput("the rows have different lengths") from error
    leaves = list(raw.ravel())
    kinds = {type(leaf) for leaf in leaves}
    if kinds & {list, dict, tuple}:
        raise BadInput("the rows have different lengths or shapes")
    if kinds <= {int, float, type(None)} and kinds & {int, float}:
        return number_array(leaves).reshape(raw.shape)
    return raw.astype(bool) if kinds == {bool} else raw


def frame(table: Table) -> pd.DataFrame:
    """The table as a DataFrame of the columns' dtypes.

    Raises:
        BadInput: A number of an untyped column is beyond float64.
    """
    columns = list(zip(*table.rows, strict=True))
    arrays = {
        index if column.name is None else column.name: column_array(column, values)
        for index, (column, values) in enumerate(zip(table.columns, columns, strict=True))
    }
    return pd.DataFrame({name: pd.Series(array, dtype=array.dtype) for name, array in arrays.items()})


def to_tensor(array: Array, spec: TensorSpec) -> Array:
    """The array as the signature's tensor.

    Raises:
        BadInput: The shape differs, or a value would change by the conversion.
    """
    label = f'tensor "{spec.name}"' if spec.name else "the tensor"
    if not _fits(array.shape, spec.shape):
        raise BadInput(f"{label} has shape {list(array.shape)}; expected {list(spec.shape)}")
    wanted = np.dtype(spec.dtype)
    if wanted == array.dtype or wanted.kind in "OSU":
        return array if wanted.kind not in "SU" else _text(array, label)
    column = Column(None, _SCALARS.get(wanted.kind, "any"))
    flat = column_array(column, column_values(column, label, array.ravel().tolist())).reshape(array.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        cast = flat.astype(wanted)
    if wanted.kind in "iuf" and not _same(flat, cast):
        raise BadInput(f"{label}: a value does not fit into {spec.dtype}")
    return cast


_SCALARS = {"i": "long", "u": "long", "f": "double", "b": "boolean", "M": "datetime"}


def _kind(rows: Sequence[object]) -> type:
    """dict, list, or object for bare values."""
    kinds = {type(row) if isinstance(row, dict | list) else object for row in rows}
    if len(kinds) != 1:
        raise BadInput('all rows of "instances" must be of one kind: objects, lists or values')
    return kinds.pop()


def _by_signature(rows: Sequence[Any], kind: type, signature: Columns) -> Table:
    if kind is dict and signature.names:
        return from_columns(_columns_of(rows, signature), signature)
    if kind is dict:
        raise BadInput(f"the rows must be lists: {signature.describe()}, without names")
    if kind is object:
        if len(signature.columns) != 1:
            raise BadInput(f"a row must be an object or a list; {signature.describe()}")
        rows = [[row] for row in rows]
    return _by_position(rows, signature)


def _columns_of(rows: Sequence[Row], signature: Columns) -> dict[str, list[object]]:
    """Columns by name; one that is optional and absent in some rows is null there."""
    for index, row in enumerate(rows):
        missing = [c.name for c in signature.columns if c.required and c.name not in row]
        if missing:
            raise BadInput(f"row {index}: {_missing_text(missing)}; {signature.describe()}")
    present = [name for name in signature.names if any(name in row for row in rows)]
    return {name: [row.get(name) for row in rows] for name in present}


def _by_position(rows: Sequence[Sequence[object]], signature: Columns) -> Table:
    width = len(signature.columns)
    for index, row in enumerate(rows):
        if len(row) != width:
            raise BadInput(f"row {index} has {len(row)} values; {signature.describe()}")
    values = [
        column_values(
            column,
            f"value {index}" if column.name is None else f'column "{column.name}"',
            [row[index] for row in rows],
        )
        for index, column in enumerate(signature.columns)
    ]
    return _table(signature.columns, values)


def _by_first_row(rows: Sequence[Row]) -> Table:
    """Without a signature the rows have to agree among themselves."""
    names = list(rows[0])
    if not names:
        raise BadInput("row 0 has no columns")
    for index, row in enumerate(rows):
        if row.keys() != rows[0].keys():
            differing = ", ".join(sorted(f'"{name}"' for name in row.keys() ^ rows[0].keys()))
            raise BadInput(f"row {index} has other columns than row 0: {differing}")
    columns = [Column(name, ANY) for name in names]
    return _table(columns, [[row[name] for row in rows] for name in names])


def _table(columns: Sequence[Column], values: Sequence[Sequence[Any]]) -> Table:
    return Table(tuple(columns), list(zip(*values, strict=True)))


def _tensors(rows: Sequence[Any], signature: Tensors) -> Data:
    if len(signature.tensors) == 1 and signature.tensors[0].name is None:
        return to_tensor(infer_array(rows), signature.tensors[0])
    names = [str(spec.name) for spec in signature.tensors]
    for index, row in enumerate(rows):
        missing = [n for n in names if n not in row] if isinstance(row, dict) else names
        if missing:
            raise BadInput(f"row {index}: {_missing_text(missing)} (an object by tensor name)")
    return {
        str(spec.name): to_tensor(infer_array([row[spec.name] for row in rows]), spec)
        for spec in signature.tensors
    }


def _fits(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    return len(shape) == len(wanted) and all(
        size in (-1, have) for have, size in zip(shape, wanted, strict=True)
    )


def _text(array: Array, label: str) -> Array:
    column = Column(None, "string")
    return column_array(column, column_values(column, label, array.ravel().tolist())).reshape(array.shape)


def _same(before: Array, after: Array) -> bool:
    """Whether integers kept their value; floats may lose digits but must not become infinite."""
    if after.dtype.kind == "f":
        return bool(np.all(np.isfinite(after) | ~np.isfinite(before)))
    return bool(np.all(before == after))


def _missing_text(names: Sequence[str | None]) -> str:
    shown_names = ", ".join(f'"{name}"' for name in names)
    return f"missing column{'s' if len(names) > 1 else ''} {shown_names}"
