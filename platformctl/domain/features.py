"""The `features` transformer: columns renamed, filled, cast and selected, and what can be wrong with that.

Here is refused what no model can make right; the transformer itself holds the rest against the model.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from platformctl.domain.base import Frozen
from platformctl.domain.fields import Scalar, refusal
from platformctl.domain.wording import said

ColumnType = Literal["boolean", "integer", "long", "float", "double", "string", "datetime"]
"""MLflow's names of the types that a column can be cast to."""

Value = bool | int | float | str

_WHOLE = re.compile(r"[-+]?[0-9]{1,40}", re.ASCII)
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", re.ASCII)
_BITS = {"integer": 31, "long": 63}


def _one_each(rename: Mapping[str, str]) -> Mapping[str, str]:
    taken: dict[str, str] = {}
    for column, name in rename.items():
        if name in taken:
            raise refusal(
                f"{said(taken[name])} and {said(column)} both become {said(name)}",
                "give each column a name of its own",
            )
        taken[name] = column
    return rename


def _known(names: object, info: ValidationInfo) -> object:
    """Refuse a caller's name where the name after renaming is meant."""
    rename = info.data.get("rename", {})
    if isinstance(names, (Mapping, tuple)):
        for name in names:
            if name in rename and name not in rename.values():
                raise refusal(
                    f"there is no column {said(name)} here: it was renamed",
                    f"write {said(rename[name])}, its name after renaming",
                )
    return names


def _fitting(cast: Mapping[str, ColumnType], info: ValidationInfo) -> Mapping[str, ColumnType]:
    """Refuse a type that the column's own default cannot be cast to."""
    for column, value in info.data.get("default", {}).items():
        kind = cast.get(column)
        if kind is not None and not _FITS[kind](value):
            raise refusal(
                f"the default of {said(column)}, {said(value)}, is no {kind}",
                f"change the default, or cast {said(column)} to another type",
            )
    return cast


def _once(select: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if select is None:
        return None
    if not select:
        raise refusal("no column is selected", "name at least one, or leave select out")
    twice = next((name for name in select if select.count(name) > 1), None)
    if twice is not None:
        raise refusal(f"{said(twice)} is selected twice", "name it once")
    return select


def _is_boolean(value: Value) -> bool:
    return value in {0, 1, "true", "false"}  # True and False are 1 and 0


def _is_whole(value: Value, bits: int) -> bool:
    if isinstance(value, str):
        return _WHOLE.fullmatch(value) is not None and _is_whole(int(value), bits)
    return value == int(value) and -(2**bits) <= value < 2**bits


def _is_number(value: Value) -> bool:
    return not isinstance(value, str) or _NUMBER.fullmatch(value) is not None


def _is_datetime(value: Value) -> bool:
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return isinstance(value, str)


_FITS: Mapping[str, Callable[[Value], bool]] = MappingProxyType(
    {
        "boolean": _is_boolean,
        "integer": lambda value: _is_whole(value, _BITS["integer"]),
        "long": lambda value: _is_whole(value, _BITS["long"]),
        "float": _is_number,
        "double": _is_number,
        "string": lambda _: True,
        "datetime": _is_datetime,
    }
)


class Features(Frozen):
    """Columns renamed, filled, cast and selected, in this order. Names are those after renaming."""

    rename: Annotated[Mapping[str, str], AfterValidator(_one_each)] = Field(
        default={}, description="From the caller's name of a column to the model's. Default: none is renamed."
    )
    default: Annotated[Mapping[str, Scalar], AfterValidator(_known)] = Field(
        default={}, description="What a column holds where it is absent or null. Default: none is filled."
    )
    cast: Annotated[Mapping[str, ColumnType], AfterValidator(_known), AfterValidator(_fitting)] = Field(
        default={},
        description="The type that a column's values are turned into: boolean, integer, long, float, "
        "double, string or datetime. Default: none is cast.",
    )
    select: Annotated[tuple[str, ...] | None, AfterValidator(_known), AfterValidator(_once)] = Field(
        default=None,
        description="The columns that go on to the model, in order. Default: all that the model knows.",
    )
