"""What a model gave back, to JSON and to tensors. Pure."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from json import dumps
from typing import Any

import numpy as np
import pandas as pd

from platformctl_predictors.inputs.columns import Array, object_array

_JSON_INTEGERS = range(-(2**63), 2**64)
"""What the JSON encoder (orjson) can write."""

DEFAULT_OUTPUT = "predict"
"""Name of the only output of a model whose signature names none."""


class Unserializable(TypeError):
    """The model gave back something that has no JSON."""


def jsonable(value: object) -> Any:  # JSON has no narrower type
    """Any usual output of a model as None, bool, int, float, str, list and dict.

    NaN and infinities become null, times ISO 8601 text, durations seconds, bytes base64, and a
    DataFrame one object a row.

    Raises:
        Unserializable: There is no JSON for it.
    """
    if value is None or isinstance(value, bool):
        return value
    for kind, convert in _CONVERTERS:
        if isinstance(value, kind):
            return convert(value)
    if value is pd.NA:
        return None
    raise Unserializable(f"the model returned a {type(value).__name__}, which has no JSON")


def jsonables(values: list[Any]) -> list[Any]:
    """Each value as jsonable() has it; texts, which labels are, at a glance.

    Raises:
        Unserializable: There is no JSON for one.
    """
    plain = set(map(type, values)) == {str} and all(map(str.isascii, values))
    return values if plain else [jsonable(value) for value in values]


def predictions(value: object) -> list[Any]:
    """The V1 list of predictions: one an input row, if the model gives one a row."""
    if isinstance(value, Mapping):
        return _records(value)
    result = jsonable(value)
    return result if isinstance(result, list) else [result]


@dataclass(frozen=True, slots=True)
class Output:
    """A V2 output. `data`'s shape is the tensor's; its dtype is object for BYTES."""

    name: str
    datatype: str
    data: Array


def outputs(value: object, names: Sequence[str]) -> list[Output]:
    """The V2 outputs: one a column of a table, else one.

    Args:
        value: What the model gave back.
        names: The signature's names of the outputs; used if their number fits.

    Raises:
        Unserializable: There is no tensor for it.
    """
    if isinstance(value, pd.DataFrame):
        return [output(str(name), value[name]) for name in value.columns]
    if isinstance(value, Mapping):
        return [output(str(name), column) for name, column in value.items()]
    return [output(names[0] if len(names) == 1 else DEFAULT_OUTPUT, value)]


def output(name: str, value: object) -> Output:
    """One output of at least one dimension.

    Raises:
        Unserializable: There is no tensor for it.
    """
    array = _array(value)
    if array.ndim == 0:
        array = array.reshape(1)
    if array.dtype == np.float16:
        array = array.astype(np.float32)  # V2 has no FP16 in JSON
    datatype = _DATATYPES.get(array.dtype)
    if datatype is not None:
        return Output(name, datatype, array)
    return _object_output(name, array)


_DATATYPES = {
    np.dtype(bool): "BOOL",
    **{np.dtype(f"int{bits}"): f"INT{bits}" for bits in (8, 16, 32, 64)},
    **{np.dtype(f"uint{bits}"): f"UINT{bits}" for bits in (8, 16, 32, 64)},
    np.dtype("float32"): "FP32",
    np.dtype("float64"): "FP64",
}


def _object_output(name: str, array: Array) -> Output:
    """Numbers among nulls are FP64; all else is BYTES: text as it is, other values as JSON."""
    flat = jsonable(array.ravel()) if array.dtype.kind == "M" else jsonables(array.ravel().tolist())
    if flat and {type(item) for item in flat} <= {int, float, type(None)}:
        numbers = [math.nan if item is None else item for item in flat]
        return Output(name, "FP64", np.array(numbers, dtype=np.float64).reshape(array.shape))
    texts = object_array([item if isinstance(item, str) else dumps(item) for item in flat])
    return Output(name, "BYTES", texts.reshape(array.shape))


def _array(value: object) -> Array:
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, pd.Series | pd.Index):
        return value.to_numpy()
    if hasattr(value, "toarray"):
        return np.asarray(value.toarray())
    if isinstance(value, list | tuple):
        return _list_array(value)
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def _list_array(value: Sequence[object]) -> Array:
    """Regular nested lists get their shape; others stay a list of things."""
    try:
        array = np.array(value)
    except ValueError:
        array = np.empty(0, dtype=object)
    if array.dtype in _DATATYPES:
        return array
    return object_array(value)


def _records(value: Mapping[Any, object]) -> list[Any]:
    """A mapping of columns of one length gives one object a row; another is one object."""
    columns = {str(name): jsonable(column) for name, column in value.items()}
    lengths = {len(c) if isinstance(c, list) else -1 for c in columns.values()}
    if len(lengths) != 1 or -1 in lengths:
        return [columns]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _float(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _int(value: int) -> int:
    if value not in _JSON_INTEGERS:
        raise Unserializable("the model returned an integer of more than 64 bits")
    return int(value)


def _str(value: str) -> str:
    """Lone surrogates are not UTF-8: they become question marks."""
    return str(value) if value.isascii() else value.encode(errors="replace").decode()


def _ndarray(value: Array) -> Any:  # a list of any depth
    if value.dtype.kind in "biu" or (value.dtype.kind == "f" and np.isfinite(value).all()):
        return value.tolist()
    if value.dtype.kind == "M":
        return _times(value)
    if value.dtype.kind == "m":
        return jsonable(value.astype("timedelta64[us]").tolist())
    return jsonable(value.tolist())


def _times(value: Array) -> Any:  # a list of any depth
    if value.ndim == 0:
        return None if np.isnat(value) else str(np.datetime_as_string(value))
    texts = [None if np.isnat(item) else str(np.datetime_as_string(item)) for item in value.ravel()]
    return object_array(texts).reshape(value.shape).tolist()


def _time(value: Any) -> str | None:  # date, time, datetime, Timestamp or NaT
    return None if value is pd.NaT else str(value.isoformat())


_CONVERTERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Enum, lambda value: jsonable(value.value)),
    (str, _str),
    (int, _int),
    (float, _float),
    (np.ndarray, _ndarray),
    (np.generic, lambda value: _ndarray(np.asarray(value))),
    (pd.DataFrame, lambda value: [jsonable(row) for row in value.to_dict("records")]),
    (pd.Series | pd.Index, lambda value: jsonable(value.to_numpy())),
    (Mapping, lambda value: {_str(str(key)): jsonable(item) for key, item in value.items()}),
    (list | tuple | set | frozenset, lambda value: [jsonable(item) for item in value]),
    (datetime | date | time | type(pd.NaT), _time),
    (timedelta, timedelta.total_seconds),
    (Decimal, lambda value: _float(float(value)) if value.is_finite() else None),
    (bytes | bytearray, lambda value: base64.b64encode(value).decode()),
)
