"""Checked rows of one request, and of several joined into one call of the model. Pure."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from platformctl_predictors.inputs.columns import Array
from platformctl_predictors.inputs.signature import Column

Params = tuple[tuple[str, Any], ...]
"""The parameters of a request, sorted by name; empty for a model that takes none."""


@dataclass(slots=True)  # not frozen: that would cost half a microsecond a request, as for Input
class Table:
    """Rows of the same columns; not to be changed.

    Args:
        columns: Name and type of each; the signature's, or those that the rows agree on.
        rows: One tuple a row, in the order of `columns`. A value is what JSON gave, checked: int or
            float (NaN where it was null) in `double` and `float`, int in `long` and `integer`, bool,
            str or None, bytes or None, Timestamp or None. An optional column that the caller left out is
            None, whatever its type.
    """

    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]


Data = Table | Array | dict[str, Array] | list[Any]
"""A table; an array or named arrays whose first dimension is the rows; rows handed over unchanged."""


@dataclass(slots=True)
class Input:
    """What one call of the model is given; not to be changed.

    Args:
        data: The rows.
        count: How many; at least 1.
        params: The request's parameters.
        extra: Columns that the caller sent and the model does not know, summed over the rows.
    """

    data: Data
    count: int
    params: Params = ()
    extra: int = 0

    @property
    def key(self) -> Hashable:
        """Inputs with equal keys may be joined."""
        return (_shape(self.data), self.params)


def join(inputs: Sequence[Input]) -> Input:
    """One input of all rows, in order. All keys are equal; there is at least one input."""
    if len(inputs) == 1:
        return inputs[0]
    return Input(
        _joined([item.data for item in inputs]),
        sum(item.count for item in inputs),
        inputs[0].params,
        sum(item.extra for item in inputs),
    )


def _shape(data: Data) -> Hashable:
    if isinstance(data, Table):
        return data.columns
    if isinstance(data, dict):
        return tuple((name, array.dtype.str, array.shape[1:]) for name, array in data.items())
    if isinstance(data, list):
        return list
    return (data.dtype.str, data.shape[1:])


def _joined(parts: Sequence[Any]) -> Data:
    first = parts[0]
    if isinstance(first, Table):
        return Table(first.columns, list(chain.from_iterable(part.rows for part in parts)))
    if isinstance(first, dict):
        return {name: np.concatenate([part[name] for part in parts]) for name in first}
    if isinstance(first, list):
        return list(chain.from_iterable(parts))
    return np.concatenate(parts)
