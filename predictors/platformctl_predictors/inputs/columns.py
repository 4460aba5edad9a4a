"""Values of one column, from JSON to numpy: strict, with the row in every complaint. Pure."""

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from reprlib import Repr
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from platformctl_predictors.inputs.signature import Column

Array = npt.NDArray[Any]

Reason = Literal["body", "row", "column", "value", "tensor", "params", "model"]

FLOAT32_MAX = float(np.finfo(np.float32).max)
_SHOWN = 40
_REPR = Repr()
_REPR.maxlevel = 2  # a body may be nested deeper than Python's own repr can go


class BadInput(ValueError):
    """The caller's mistake; the message is for the caller.

    Args:
        message: What is wrong, where, and what was expected.
        reason: What was wrong, for the metrics.
    """

    def __init__(self, message: str, reason: Reason = "value") -> None:
        super().__init__(message)
        self.reason: Reason = reason


class Unfit(ValueError):
    """A value is not of the type; the message says what is expected."""


class Absent:
    """The value of an optional column that the caller left out."""


ABSENT = Absent()

Converter = Callable[[Any], Any]


def converter(column: Column) -> Converter | None:
    """What checks and converts a value of the column; None where any value will do.

    It raises Unfit.
    """
    known = _TYPES.get(column.type)
    return None if known is None else known[1]


def convert(column: Column, label: str, row: int, value: object) -> Any:  # of the column's type
    """One value, checked and of the column's type; an absent one is None.

    Args:
        column: Its type decides; types that are not a scalar of MLflow's stay as they are.
        label: How a complaint calls the column.
        row: Its row, for a complaint.
        value: As JSON gave it.

    Raises:
        BadInput: It does not fit; column, row, and what was expected are named.
    """
    if value is ABSENT:
        return None
    wanted = converter(column)
    try:
        return value if wanted is None else wanted(value)
    except ValueError as error:
        raise BadInput(f"{label}, row {row}: {shown(value)} is not {column.type}: {error}") from error


def column_array(column: Column, values: Sequence[Any]) -> Array:
    """Checked values of one column as an array of the column's type.

    Returns:
        Shape (rows,): int32, int64, float32, float64, bool, datetime64[ns] or object. Where a value is
        absent, integers are float64 with NaN, and booleans are objects with None.
    """
    known = _TYPES.get(column.type)
    if known is None:
        return _untyped(values)
    dtype = known[0]
    if dtype in _WITH_ABSENT and None in values:
        dtype = _WITH_ABSENT[dtype]
    return _array(values, dtype)


def shown(value: object) -> str:
    """A value as an error message shows it: short, and null for None."""
    if value is None:
        return "null"
    if isinstance(value, int | float | bool):
        text = _number_text(value)
    elif isinstance(value, str | bytes):
        text = repr(value[:_SHOWN])
    else:
        text = _REPR.repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _number_text(value: float) -> str:
    try:
        return repr(value)
    except ValueError:  # more digits than Python is willing to write
        return "a number of thousands of digits"


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
    return number(value, FLOAT32_MAX)


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


_TYPES: dict[str, tuple[str, Converter]] = {
    "integer": ("int32", _integer),
    "long": ("int64", _long),
    "float": ("float32", _float),
    "double": ("float64", number),
    "boolean": ("bool", boolean),
    "string": ("object", _string),
    "binary": ("object", _binary),
    "datetime": ("datetime64[ns]", _datetime),
}
_WITH_ABSENT = {"int32": "float64", "int64": "float64", "bool": "object"}


def _array(values: Sequence[Any], dtype: str) -> Array:
    if dtype == "datetime64[ns]":
        return pd.DatetimeIndex(list(values), dtype="datetime64[ns]").to_numpy()
    if dtype == "object":
        return object_array(values)
    return np.array(values, dtype=dtype)


def object_array(values: Sequence[object]) -> Array:
    """Shape (values,): each value as it is, lists too."""
    return np.fromiter(values, dtype=object, count=len(values))


def _untyped(values: Sequence[object]) -> Array:
    """Numbers become numbers (null is NaN among them), all else stays as it is."""
    kinds = set(map(type, values))
    if kinds <= {int, float, type(None)} and kinds & {int, float}:
        return number_array(values)
    if kinds == {bool}:
        return np.array(values, dtype=bool)
    return object_array(values)


def number_array(values: Sequence[Any]) -> Array:
    """int64 if all are integers that fit, else float64; null is NaN.

    Raises:
        BadInput: A number is beyond float64.
    """
    if set(map(type, values)) == {int}:
        try:
            return np.array(values, dtype=np.int64)
        except OverflowError:
            pass  # beyond 64 bits
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError as error:
        raise BadInput("a value cannot be used: too large") from error
