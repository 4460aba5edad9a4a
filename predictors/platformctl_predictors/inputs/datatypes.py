"""One tensor of the V2 protocol, from its datatype, shape and data to an array or values. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from platformctl_predictors.inputs.columns import (
    Array,
    BadInput,
    Unfit,
    boolean,
    integer,
    number,
    object_array,
    shown,
)


@dataclass(slots=True)  # not frozen: that would cost half a microsecond a column
class Tensor:
    """One input. `data` is a list, flat or nested, or an array of any shape of that size."""

    name: str
    shape: tuple[int, ...]
    datatype: str
    data: Sequence[Any] | Array


@dataclass(frozen=True, slots=True)
class _Datatype:
    """What a datatype's values are.

    Args:
        dtype: Of an array of them.
        convert: Checks and converts one value of JSON.
        free: The types whose values are fine as they are.
        bounded: Those whose values are, if they are within the bounds.
        low: The lower bound.
        high: The upper bound.
        exact: Whether JSON's own values are already those of the datatype: 0.1 is not one of FP32's.
    """

    dtype: np.dtype[Any]
    convert: Callable[[Any], Any]
    free: frozenset[type] = frozenset()
    bounded: frozenset[type] = frozenset()
    low: float = 0
    high: float = 0
    exact: bool = True

    def takes(self, kinds: set[type], values: Sequence[Any]) -> bool:
        """Whether all values, which are of these types, are fine as they are."""
        if kinds <= self.free:
            return True
        return kinds <= self.bounded and self.low <= min(values) and max(values) <= self.high


def to_array(tensor: Tensor) -> Array:
    """The tensor as an array of its own shape and datatype.

    Raises:
        BadInput: Unknown datatype, wrong number of values, or a value of another type.
    """
    datatype = _known(tensor)
    flat = _flat(tensor)
    if not isinstance(flat, np.ndarray):
        values = _checked(tensor, datatype, flat)
        is_text = datatype.dtype.kind == "O"
        flat = object_array(values) if is_text else np.array(values, dtype=datatype.dtype)
    try:
        return flat.reshape(tensor.shape)
    except (ValueError, OverflowError) as error:  # too many dimensions, or a size beyond numpy's
        raise _refusal(tensor, f"shape {list(tensor.shape)} cannot be used: {error}") from error


def to_values(tensor: Tensor) -> list[Any]:
    """One value a row; a row of several values is a list, for a column of arrays.

    Raises:
        BadInput: As to_array().
    """
    datatype, shape = _known(tensor), tensor.shape
    if len(shape) != 1 and shape[1:] != (1,):
        return list(to_array(tensor).tolist())
    flat = _flat(tensor)
    if isinstance(flat, np.ndarray):
        return list(flat.tolist())
    values = _checked(tensor, datatype, flat)
    return values if datatype.exact else list(np.array(values, dtype=datatype.dtype).tolist())


def _known(tensor: Tensor) -> _Datatype:
    known = _DATATYPES.get(tensor.datatype)
    if known is None:
        names = ", ".join(sorted(_DATATYPES))
        raise _refusal(tensor, f"unknown datatype {shown(tensor.datatype)}; one of {names}")
    return known


def _flat(tensor: Tensor) -> list[Any] | Array:
    """The values in one dimension, as many as the shape says; an array only if it is of the datatype."""
    data: Any = tensor.data
    if isinstance(data, list):
        flat: list[Any] | Array = _flattened(data)
    elif isinstance(data, np.ndarray):
        typed = data.dtype == _DATATYPES[tensor.datatype].dtype and data.dtype.kind != "O"
        flat = data.ravel() if typed else data.ravel().tolist()
    elif isinstance(data, str | bytes | dict) or not hasattr(data, "__iter__"):
        raise _refusal(tensor, f"data must be a list, not {shown(data)}")
    else:
        flat = list(data)
    wanted = math.prod(tensor.shape)
    if min(tensor.shape, default=0) < 0:
        raise _refusal(tensor, f"negative size in shape {list(tensor.shape)}")
    if len(flat) != wanted:
        raise _refusal(tensor, f"{len(flat)} values, but shape {list(tensor.shape)} needs {wanted}")
    return flat


def _flattened(data: list[Any]) -> list[Any]:
    if list not in set(map(type, data)):
        return data
    flat: list[Any] = []
    pending = [iter(data)]  # not by recursion: data may be nested deeper than Python goes
    while pending:
        for item in pending[-1]:
            if isinstance(item, list):
                pending.append(iter(item))
                break
            flat.append(item)
        else:
            pending.pop()
    return flat


def _checked(tensor: Tensor, datatype: _Datatype, flat: list[Any]) -> list[Any]:
    """The values of the datatype: all at a glance if they are plain, else one by one."""
    if datatype.takes(set(map(type, flat)), flat):
        return flat
    values = []
    for index, value in enumerate(flat):
        try:
            values.append(datatype.convert(value))
        except Unfit as error:
            text = f"{shown(value)} is not {tensor.datatype}: {error}"
            raise BadInput(f'input "{tensor.name}", value {index}: {text}') from error
    return values


def _refusal(tensor: Tensor, text: str) -> BadInput:
    return BadInput(f'input "{tensor.name}": {text}', "tensor")


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


def _integers(dtype: str) -> _Datatype:
    info = np.iinfo(dtype)
    low, high = int(info.min), int(info.max)
    return _Datatype(
        np.dtype(dtype),
        lambda value: integer(value, low, high),
        bounded=frozenset({int}),
        low=low,
        high=high,
    )


def _floats(dtype: str) -> _Datatype:
    high = float(np.finfo(dtype).max)
    exact = dtype == "float64"
    return _Datatype(
        np.dtype(dtype),
        lambda value: number(value, high),
        free=frozenset({float}) if exact else frozenset(),
        bounded=frozenset({float, int}),
        low=-high,
        high=high,
        exact=exact,
    )


_DATATYPES: dict[str, _Datatype] = {
    "BOOL": _Datatype(np.dtype(bool), boolean, free=frozenset({bool})),
    **{f"INT{bits}": _integers(f"int{bits}") for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": _integers(f"uint{bits}") for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": _floats(f"float{bits}") for bits in (16, 32, 64)},
    "BYTES": _Datatype(np.dtype(object), _text, free=frozenset({str})),
}
