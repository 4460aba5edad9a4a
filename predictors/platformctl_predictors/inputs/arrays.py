"""Rows of JSON to arrays, for models that take arrays and not columns. Pure."""

from collections.abc import Sequence

import numpy as np

from platformctl_predictors.inputs.batch import Data
from platformctl_predictors.inputs.columns import (
    Array,
    BadInput,
    column_array,
    convert,
    number_array,
)
from platformctl_predictors.inputs.signature import Column, Tensors, TensorSpec

_SCALARS = {"i": "long", "u": "long", "f": "double", "b": "boolean", "M": "datetime"}
_DEEPEST = 32
"""Dimensions of an array, at most: what all numpy versions can have."""


def infer_array(rows: Sequence[object]) -> Array:
    """An array of whatever the rows hold: numbers if all are (null is NaN), else objects.

    Raises:
        BadInput: The rows have different lengths, or hold objects.
    """
    try:
        raw = np.array(rows, dtype=object)
    except ValueError as error:
        raise BadInput("the rows have different lengths", "row") from error
    leaves = raw.ravel().tolist()
    kinds = set(map(type, leaves))
    if kinds & {list, dict, tuple} or raw.ndim > _DEEPEST:
        raise BadInput("the rows have different lengths or shapes", "row")
    if kinds <= {int, float, type(None)} and kinds & {int, float}:
        return number_array(leaves).reshape(raw.shape)
    return raw.astype(bool) if kinds == {bool} else raw


def tensors(rows: Sequence[object], signature: Tensors) -> Data:
    """The model's tensors, from at least one row: the row itself, or an object by tensor name.

    Raises:
        BadInput: A row does not fit.
    """
    if len(signature.tensors) == 1 and signature.tensors[0].name is None:
        return to_tensor(infer_array(rows), signature.tensors[0])
    names = [str(spec.name) for spec in signature.tensors]
    columns: dict[str, list[object]] = {name: [] for name in names}
    for index, row in enumerate(rows):
        missing = [name for name in names if name not in row] if isinstance(row, dict) else names
        if missing or not isinstance(row, dict):
            shown_names = ", ".join(f'"{name}"' for name in missing)
            raise BadInput(f"row {index}: missing {shown_names} (an object by tensor name)", "column")
        for name in names:
            columns[name].append(row[name])
    return {
        str(spec.name): to_tensor(infer_array(columns[str(spec.name)]), spec) for spec in signature.tensors
    }


def to_tensor(array: Array, spec: TensorSpec) -> Array:
    """The array as the signature's tensor.

    Raises:
        BadInput: The shape differs, or a value would change by the conversion.
    """
    label = f'tensor "{spec.name}"' if spec.name else "the tensor"
    if not _fits(array.shape, spec.shape):
        raise BadInput(f"{label} has shape {list(array.shape)}; expected {list(spec.shape)}", "tensor")
    wanted = np.dtype(spec.dtype)
    if wanted.kind in "SU":
        return _converted(array, "string", label)
    if wanted == array.dtype or wanted.kind == "O":
        return array
    if not (array.dtype.kind == "f" and wanted.kind == "f"):  # floats are floats already
        array = _converted(array, _SCALARS.get(wanted.kind, "any"), label)
    with np.errstate(over="ignore", invalid="ignore"):
        cast = array.astype(wanted)
    if wanted.kind in "iuf" and not _same(array, cast):
        raise BadInput(f"{label}: a value does not fit into {spec.dtype}")
    return cast


def _converted(array: Array, kind: str, label: str) -> Array:
    column, flat = Column(None, kind), array.ravel().tolist()
    size = max(1, array[:1].size)  # values a row
    values = [convert(column, label, index // size, value) for index, value in enumerate(flat)]
    return column_array(column, values).reshape(array.shape)


def _fits(shape: Sequence[int], wanted: Sequence[int]) -> bool:
    return len(shape) == len(wanted) and all(
        size in (-1, have) for have, size in zip(shape, wanted, strict=True)
    )


def _same(before: Array, after: Array) -> bool:
    """Whether integers kept their value; floats may lose digits but must not become infinite."""
    if after.dtype.kind == "f":
        return bool(np.all(np.isfinite(after) | ~np.isfinite(before)))
    return bool(np.all(before == after))
