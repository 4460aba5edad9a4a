"""Values of one column, from JSON to numpy: strict, with the row in every complaint. Pure."""

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from platformctl_predictors.inputs.signature import Column

Array = npt.NDArray[Any]

_SHOWN = 40
_FLOAT32_MAX = float(np.finfo(np.float32).max)


class BadInput(ValueError):
    """The caller's mistake; the message is for the caller."""


class Unfit(ValueError):
    """A value is not of the type; the message says what is expected."""


def column_values(column: Column, label: str, values: Sequence[object]) -> list[Any]:
    """The values of one column, checked and of the column's type.

    Args:
        column: Its type decides; types that are not a scalar of MLflow's stay as they are.
        label: How a complaint calls the column.
        values: One value a row, as JSON gave them.

    Raises:
        BadInput: A value does not fit; it names column, row, and what was expected.
    """
    known = _TYPES.get(column.type)
    if known is None:
        return list(values)
    _, convert = known
    converted = []
    for row, value in enumerate(values):
        try:
            converted.append(convert(value))
        except ValueError as error:
            raise BadInput(f"{label}, row {row}: {shown(value)} is not {column.type}: {error}") from error
    return converted


def column_array(column: Column, values: Sequence[Any]) -> Array:
    """Checked values of one column as an array of the column's type.

    Returns:
        Shape (rows,): int32, int64, float32, float64, bool, datetime64[ns] or object.
    """
    known = _TYPES.get(column.type)
    return _untyped(values) if known is None else _array(list(values), known[0])


def shown(value: object) -> str:
    """A value as an error message shows it: short, and null for None."""
    text = "null" if value is None else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def integer(value: object, low: int, high: int) -> int:
    """A whole number in a range; 30.0 is one, 30.5 and true are not.

    Raises:
        Unfit: It is not.
    """
    if _missing(value):
        raise Unfit("an integer column has no missing value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("a whole number is expected")
    if isinstance(value, float) and not value.is_integer():
        raise Unfit("a whole number is expected")
    if not low <= value <= high:
        raise Unfit(f"not between {low} and {high}")
    return int(value)


def number(value: object, limit: float = math.inf) -> float:
    """A number; null is NaN.

    Raises:
        Unfit: It is not a number, or beyond the limit.
    """
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("a number is expected")
    try:
        result = float(value)
    except OverflowError:
        raise Unfit("too large") from None
    if math.isfinite(result) and abs(result) > limit:
        raise Unfit("too large")
    return result


def boolean(value: object) -> bool:
    """True or false.

    Raises:
        Unfit: It is neither.
    """
    if _missing(value):
        raise Unfit("a boolean column has no missing value")
    if not isinstance(value, bool):
        raise Unfit("true or false is expected")
    return value


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _integer(value: object) -> int:
    return integer(value, -(2**31), 2**31 - 1)


def _long(value: object) -> int:
    return integer(value, -(2**63), 2**63 - 1)


def _float(value: object) -> float:
    return number(value, _FLOAT32_MAX)


def _string(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise Unfit("a string is expected")
    return value


def _binary(value: object) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise Unfit("base64 text is expected")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Unfit("base64 text is expected") from None


def _datetime(value: object) -> pd.Timestamp | None:
    """ISO 8601; a time with a zone becomes UTC without one, as numpy has none."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unfit("an ISO 8601 time is expected")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        return pd.Timestamp(moment).as_unit("ns")
    except (ValueError, OverflowError):
        raise Unfit("an ISO 8601 time between 1678 and 2261 is expected") from None


_TYPES: dict[str, tuple[str, Callable[[object], object]]] = {
    "integer": ("int32", _integer),
    "long": ("int64", _long),
    "float": ("float32", _float),
    "double": ("float64", number),
    "boolean": ("bool", boolean),
    "string": ("object", _string),
    "binary": ("object", _binary),
    "datetime": ("datetime64[ns]", _datetime),
}


def _array(values: list[Any], dtype: str) -> Array:
    if dtype == "datetime64[ns]":
        return pd.DatetimeIndex(values, dtype="datetime64[ns]").to_numpy()
    if dtype != "object":
        return np.array(values, dtype=dtype)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _untyped(values: Sequence[object]) -> Array:
    """Numbers become numbers (null is NaN among them), all else stays as it is."""
    kinds = {type(value) for value in values}
    if kinds <= {int, float, type(None)} and kinds & {int, float}:
        return number_array(values)
    if kinds == {bool}:
        return np.array(values, dtype=bool)
    return _array(list(values), "object")


def number_array(values: Sequence[Any]) -> Array:
    """int64 if all are integers that fit, else float64; null is NaN.

    Raises:
        BadInput: A number is beyond float64.
    """
    if all(type(value) is int and -(2**63) <= value < 2**63 for value in values):
        return np.array(values, dtype=np.int64)
    try:
        return np.array([number(value) for value in values], dtype=np.float64)
    except Unfit as error:
        raise BadInput(f"a value cannot be used: {error}") from error
