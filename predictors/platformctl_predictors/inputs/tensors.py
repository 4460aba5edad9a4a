"""Tensors of the Open Inference Protocol (V2) to what a model takes. Pure.

Protocol: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/
inference_rest.md. Tensor data in JSON may be flat or nested, in row-major order.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from platformctl_predictors.inputs.batch import Data
from platformctl_predictors.inputs.columns import Array, BadInput, Unfit, boolean, integer, number, shown
from platformctl_predictors.inputs.frames import from_columns, from_rows, to_tensor
from platformctl_predictors.inputs.signature import ANY, AsIs, Column, Columns, Signature, Tensors

MATRIX = 2
"""Dimensions of a tensor that holds all columns of a table."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input. `data` is a list, flat or nested, or an array of any shape of that size."""

    name: str
    shape: tuple[int, ...]
    datatype: str
    data: Sequence[Any] | Array


def from_tensors(inputs: Sequence[Tensor], signature: Signature | None) -> Data | None:
    """What the model takes; None if the tensors hold no row.

    A table comes as one tensor a column, of shape [n] or [n, 1], or as one tensor of shape
    [n, columns] in the signature's order.

    Raises:
        BadInput: A tensor does not fit.
    """
    if not inputs:
        raise BadInput('"inputs" is empty; at least one tensor is needed')
    arrays = {tensor.name: to_array(tensor) for tensor in inputs}
    if len(arrays) != len(inputs):
        raise BadInput("two inputs have the same name")
    rows = _rows(arrays)
    if rows == 0:
        return None
    if isinstance(signature, Tensors):
        return _named(arrays, signature)
    if _is_whole(arrays, signature):
        (array,) = arrays.values()
        return array if signature is None else from_rows(array.tolist(), signature)
    return _table(arrays, signature)


def to_array(tensor: Tensor) -> Array:
    """The tensor as an array of its own shape and datatype.

    Raises:
        BadInput: Unknown datatype, wrong number of values, or a value of another type.
    """
    known = _TYPES.get(tensor.datatype)
    if known is None:
        names = ", ".join(sorted(_TYPES))
        raise BadInput(f'input "{tensor.name}": unknown datatype {shown(tensor.datatype)}; one of {names}')
    if any(size < 0 for size in tensor.shape):
        raise BadInput(f'input "{tensor.name}": negative size in shape {list(tensor.shape)}')
    flat = _flat(tensor.data)
    if len(flat) != math.prod(tensor.shape):
        raise BadInput(
            f'input "{tensor.name}": {len(flat)} values, but shape {list(tensor.shape)} '
            f"needs {math.prod(tensor.shape)}"
        )
    return _typed(tensor, flat).reshape(tensor.shape)


def _flat(data: Any) -> list[Any]:  # nested lists of any depth
    if isinstance(data, np.ndarray):
        return list(data.ravel().tolist())
    flat: list[Any] = []
    pending = [iter(data)]
    while pending:
        for item in pending[-1]:
            if isinstance(item, list):
                pending.append(iter(item))
                break
            flat.append(item)
        else:
            pending.pop()
    return flat


def _typed(tensor: Tensor, flat: list[Any]) -> Array:
    dtype, convert = _TYPES[tensor.datatype]
    array: Array = np.empty(len(flat), dtype=dtype)
    for index, value in enumerate(flat):
        try:
            array[index] = convert(value)
        except Unfit as error:
            raise BadInput(
                f'input "{tensor.name}", value {index}: {shown(value)} is not {tensor.datatype}: {error}'
            ) from error
    return array


def _text(value: object) -> object:
    """Bytes that are UTF-8 become text: JSON sends text, gRPC bytes, and both mean the same."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if value is not None and not isinstance(value, str):
        raise Unfit("a string is expected")
    return value


def _bits(signed: bool, bits: int) -> Callable[[object], int]:  # noqa: FBT001 one of two, in a table of eight
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return lambda value: integer(value, low, high)


def _limit(dtype: type[np.floating[Any]]) -> Callable[[object], float]:
    limit = float(np.finfo(dtype).max)
    return lambda value: number(value, limit)


_TYPES: dict[str, tuple[type, Callable[[object], object]]] = {
    "BOOL": (np.bool_, boolean),
    "INT8": (np.int8, _bits(signed=True, bits=8)),
    "INT16": (np.int16, _bits(signed=True, bits=16)),
    "INT32": (np.int32, _bits(signed=True, bits=32)),
    "INT64": (np.int64, _bits(signed=True, bits=64)),
    "UINT8": (np.uint8, _bits(signed=False, bits=8)),
    "UINT16": (np.uint16, _bits(signed=False, bits=16)),
    "UINT32": (np.uint32, _bits(signed=False, bits=32)),
    "UINT64": (np.uint64, _bits(signed=False, bits=64)),
    "FP16": (np.float16, _limit(np.float16)),
    "FP32": (np.float32, _limit(np.float32)),
    "FP64": (np.float64, number),
    "BYTES": (np.object_, _text),
}


def _rows(arrays: dict[str, Array]) -> int:
    sizes = {name: array.shape[0] if array.ndim else 0 for name, array in arrays.items()}
    if any(array.ndim == 0 for array in arrays.values()):
        raise BadInput("a tensor needs at least one dimension: the rows")
    if len(set(sizes.values())) != 1:
        raise BadInput(f"the inputs have different numbers of rows: {sizes}")
    return next(iter(sizes.values()))


def _named(arrays: dict[str, Array], signature: Tensors) -> Data:
    specs = signature.tensors
    if len(specs) == 1 and specs[0].name is None:
        if len(arrays) != 1:
            raise BadInput(f"one input is expected, not {len(arrays)}")
        return to_tensor(next(iter(arrays.values())), specs[0])
    missing = [f'"{spec.name}"' for spec in specs if spec.name not in arrays]
    if missing:
        raise BadInput(f"missing input {', '.join(missing)}")
    return {str(spec.name): to_tensor(arrays[str(spec.name)], spec) for spec in specs}


def _is_whole(arrays: dict[str, Array], signature: Signature | None) -> bool:
    """Whether the one tensor holds all columns, rather than being one of them."""
    if len(arrays) != 1:
        return False
    ((name, array),) = arrays.items()
    if isinstance(signature, Columns) and name in signature.names:
        return array.ndim == MATRIX and array.shape[1] == len(signature.columns) > 1
    return True


def _table(arrays: dict[str, Array], signature: Signature | None) -> Data:
    table = {name: _column(name, array) for name, array in arrays.items()}
    if isinstance(signature, Columns) and signature.names:
        return from_columns(table, signature)
    if isinstance(signature, Columns):
        raise BadInput(f"one tensor of shape [rows, {len(signature.columns)}] is expected")
    if isinstance(signature, AsIs):
        return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return from_columns(table, Columns(tuple(Column(name, ANY) for name in table)))


def _column(name: str, array: Array) -> list[object]:
    """One value a row; a row of several values is a list, for a column of arrays."""
    if array.ndim == MATRIX and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 0:
        raise BadInput(f'input "{name}" has no rows')
    return list(array.tolist())
