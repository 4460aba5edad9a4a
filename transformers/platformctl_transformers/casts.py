"""A value of one column turned into another type: strict, and pure.

docs/transformers.md has the table of what each type takes. null stays null.
"""

import math
import re
from collections.abc import Callable
from datetime import datetime
from reprlib import Repr

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_FLOAT32_MAX = 3.4028234663852886e38
_BOOLEANS = {"true": True, "false": False}
_SHOWN = 40
_REPR = Repr()
_REPR.maxlevel = 2  # a row may be nested deeper than Python's own repr can go


class Refused(ValueError):
    """A value cannot be turned into the type; the message says what can."""


def boolean(value: object) -> bool | None:
    """True or false, by itself, as text, or as 1 and 0.

    Raises:
        Refused: It is something else.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        known = _BOOLEANS.get(value)
    else:
        known = bool(value) if isinstance(value, int | float) and value in (0, 1) else None
    if known is None:
        raise Refused('true, false, "true", "false", 1 or 0 is expected')
    return known


def integer(value: object) -> int | None:
    """A whole number of 32 bits.

    Raises:
        Refused: It is something else.
    """
    return _whole(value, 31)


def long(value: object) -> int | None:
    """A whole number of 64 bits.

    Raises:
        Refused: It is something else.
    """
    return _whole(value, 63)


def single(value: object) -> float | None:
    """A number that float32 can hold, digits aside.

    Raises:
        Refused: It is something else.
    """
    number = double(value)
    if number is not None and math.isfinite(number) and abs(number) > _FLOAT32_MAX:
        raise Refused("too large for 32 bits")
    return number


def double(value: object) -> float | None:
    """A number; from text in decimal notation.

    Raises:
        Refused: It is something else.
    """
    if value is None or type(value) is float:
        return value
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
            number = float(value)
            if not isinstance(value, str) or math.isfinite(number):
                return number
    except OverflowError:
        pass
    raise Refused("a number that 64 bits can hold is expected, or the text of one")


def string(value: object) -> str | None:
    """Text; a number as Python writes it, a boolean as JSON does.

    Raises:
        Refused: It is something else.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise Refused("text, a number, true or false is expected")


def moment(value: object) -> str | None:
    """ISO 8601 text, as it is: JSON has no other time.

    Raises:
        Refused: It is something else.
    """
    if value is None:
        return None
    try:
        if isinstance(value, str):
            datetime.fromisoformat(value)
            return value
    except ValueError:
        pass
    raise Refused("ISO 8601 text is expected")


CASTS: dict[str, Callable[[object], object]] = {
    "boolean": boolean,
    "integer": integer,
    "long": long,
    "float": single,
    "double": double,
    "string": string,
    "datetime": moment,
}
"""By the name of the type."""

UNCHANGED: dict[str, frozenset[type]] = {
    "boolean": frozenset({bool, type(None)}),
    "integer": frozenset({type(None)}),
    "long": frozenset({type(None)}),
    "float": frozenset({type(None)}),
    "double": frozenset({float, type(None)}),
    "string": frozenset({str, type(None)}),
    "datetime": frozenset({type(None)}),
}
"""Python types whose every value a cast leaves as it is."""


def shown(value: object) -> str:
    """A value as an error message shows it: short."""
    if value is None:
        return "null"
    text = _REPR.repr(value) if isinstance(value, list | dict) else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _whole(value: object, bits: int) -> int | None:
    if value is None:
        return None
    number = _integer(value)
    if number is None:
        raise Refused("a whole number is expected, or the text of one")
    if not -(1 << bits) <= number < 1 << bits:
        raise Refused(f"not between {-(1 << bits)} and {(1 << bits) - 1}")
    return number


def _integer(value: object) -> int | None:
    """None for what is no whole number."""
    if isinstance(value, str):
        return int(value) if _INTEGER.fullmatch(value) else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return int(value) if isinstance(value, int) else None
