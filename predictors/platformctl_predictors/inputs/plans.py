"""What the types of a row's values leave to be checked or converted. Pure.

A server sees few patterns of types, and most of them leave nothing to do: what JSON gives as a float is
a `double`. So the work is decided once a pattern and kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from platformctl_predictors.inputs.columns import (
    ABSENT,
    FLOAT32_MAX,
    Absent,
    BadInput,
    Converter,
    convert,
    converter,
)
from platformctl_predictors.inputs.signature import Column, Columns

Values = tuple[Any, ...]
Kinds = tuple[type, ...]

_KEPT = 1024
"""Patterns that are kept: more than any honest caller sends."""

_AS_THEY_ARE = {
    ("double", float),
    ("boolean", bool),
    *(("string", kind) for kind in (str, type(None))),
    *(("binary", kind) for kind in (bytes, type(None))),
    ("datetime", type(None)),
}
_LONG = (-(2**63), 2**63 - 1)
_RANGES: dict[tuple[str, type], tuple[float, float]] = {
    ("long", int): _LONG,
    ("double", int): _LONG,  # beyond it a number may be too large, and is looked at by itself
    ("integer", int): (-(2**31), 2**31 - 1),
    ("float", int): (-FLOAT32_MAX, FLOAT32_MAX),
    ("float", float): (-FLOAT32_MAX, FLOAT32_MAX),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The work on a row whose values are of certain types.

    Args:
        idle: There is none.
        present: How many columns are there.
        ranges: What picks some of the values, and the bounds between which they are fine as they are.
        converters: Position and converter of those that have to be converted.
    """

    idle: bool
    present: int
    ranges: tuple[tuple[Callable[[Values], Values], float, float], ...]
    converters: tuple[tuple[int, Converter], ...]


class Plans:
    """The plans of one signature.

    Args:
        signature: Its columns are those of the rows.
    """

    def __init__(self, signature: Columns) -> None:
        self._signature = signature
        self._labels = tuple(
            f"value {index}" if column.name is None else f'column "{column.name}"'
            for index, column in enumerate(signature.columns)
        )
        self._kept: dict[Kinds, Plan] = {}

    def plan(self, values: Values, row: int) -> Plan:
        """The plan for a row; `row` is its number, for a complaint.

        Raises:
            BadInput: A required column is absent.
        """
        kinds = tuple(map(type, values))
        plan = self._kept.get(kinds)
        if plan is None:
            self._refuse_absent(values, row)
            plan = _plan(self._signature.columns, kinds)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[kinds] = plan
        return plan

    def apply(self, plan: Plan, values: Values, row: int) -> Values:
        """The row's values, checked and converted.

        Raises:
            BadInput: A value does not fit; column, row, and what was expected are named.
        """
        for pick, low, high in plan.ranges:
            picked = pick(values)
            if not (low <= min(picked) and max(picked) <= high):
                return self._one_by_one(values, row)
        if not plan.converters:
            return values
        changed = list(values)
        try:
            for index, wanted in plan.converters:
                changed[index] = wanted(changed[index])
        except ValueError:
            return self._one_by_one(values, row)
        return tuple(changed)

    def _one_by_one(self, values: Values, row: int) -> Values:
        """The same for a row that is not plain, with the complaint if there is one."""
        every = zip(self._signature.columns, self._labels, values, strict=True)
        return tuple(convert(column, label, row, value) for column, label, value in every)

    def _refuse_absent(self, values: Values, row: int) -> None:
        columns = zip(self._signature.columns, values, strict=True)
        missing = [column for column, value in columns if value is ABSENT and column.required]
        if missing:
            raise BadInput(f"row {row}: {missing_text(missing)}; {self._signature.describe()}", "column")


def missing_text(columns: Sequence[Column]) -> str:
    """The columns that are missing, for a complaint."""
    names = ", ".join(f'"{column.name}"' for column in columns)
    return f"missing column{'s' if len(columns) > 1 else ''} {names}"


def _plan(columns: Sequence[Column], kinds: Kinds) -> Plan:
    ranges: dict[tuple[float, float], list[int]] = {}
    converters: list[tuple[int, Converter]] = []
    for index, (column, kind) in enumerate(zip(columns, kinds, strict=True)):
        pair = (column.type, kind)
        wanted = _nothing if kind is Absent else converter(column)
        if pair in _RANGES:
            ranges.setdefault(_RANGES[pair], []).append(index)
        elif wanted is not None and pair not in _AS_THEY_ARE:
            converters.append((index, wanted))
    picked = tuple((_picker(indices), low, high) for (low, high), indices in ranges.items())
    idle = not picked and not converters
    return Plan(idle, len(kinds) - kinds.count(Absent), picked, tuple(converters))


def _picker(indices: list[int]) -> Callable[[Values], Values]:
    # The first one twice: for a single index itemgetter would give no tuple.
    return itemgetter(indices[0], *indices)


def _nothing(_: object) -> None:
    """An optional column that is absent is None."""
