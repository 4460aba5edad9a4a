"""Scalers: the operations of scikit-learn, in its order, on a matrix of its type.

Each function gives the ways in which versions of scikit-learn did it; the one that gives what the fitted
step gives is taken.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import numpy as np

from platformctl_predictors.fused.pieces import Op, Untaken
from platformctl_predictors.inputs.columns import Array

Dtype = np.dtype[Any]


def standard(step: Any, dtype: Dtype) -> Iterator[Op]:
    """StandardScaler."""
    mean = step.mean_ if step.with_mean else None
    scale = step.scale_ if step.with_std else None
    yield from _variants(dtype, mean, scale)


def robust(step: Any, dtype: Dtype) -> Iterator[Op]:
    """RobustScaler."""
    center = step.center_ if step.with_centering else None
    scale = step.scale_ if step.with_scaling else None
    yield from _variants(dtype, center, scale)


def max_abs(step: Any, dtype: Dtype) -> Iterator[Op]:
    """MaxAbsScaler."""
    limits = (-1.0, 1.0) if getattr(step, "clip", False) else None
    for divide in _variants(dtype, None, step.scale_):
        yield divide if limits is None else _clipped(divide, limits)


def min_max(step: Any, dtype: Dtype) -> Iterator[Op]:
    """MinMaxScaler."""

    def scaled(block: Array) -> Array:
        block = without_infinity(block).astype(dtype, copy=False)
        block *= step.scale_
        block += step.min_
        return block

    yield _clipped(scaled, step.feature_range) if step.clip else scaled


def without_infinity(block: Array) -> Array:
    """The block, if all its numbers are finite or NaN.

    Raises:
        Untaken: There is an infinity, which scikit-learn refuses.
    """
    if block.dtype.kind == "f":
        flat = block.ravel(order="K")
        total = np.vdot(flat, flat)  # without a temporary array, and rarely infinite without reason
        if not isfinite(total) and np.isinf(flat).any():
            raise Untaken
    return block


def finite(block: Array) -> Array:
    """The block, if all its numbers are finite.

    Raises:
        Untaken: There is an infinity or NaN.
    """
    if block.dtype.kind == "f":
        flat = block.ravel(order="K")
        if not isfinite(np.vdot(flat, flat)) and not np.isfinite(flat).all():
            raise Untaken
    return block


def _variants(dtype: Dtype, minus: Array | None, over: Array | None) -> Iterator[Op]:
    """(x - minus) / over. Newer versions round both to the type of x first."""
    yield _scaled(dtype, minus, over)
    if dtype != np.float64:
        yield _scaled(
            dtype,
            None if minus is None else minus.astype(dtype),
            None if over is None else over.astype(dtype),
        )


def _scaled(dtype: Dtype, minus: Array | None, over: Array | None) -> Op:
    def scaled(block: Array) -> Array:
        block = without_infinity(block)
        if block.dtype != dtype:
            block = block.astype(dtype)
        if minus is not None:
            block -= minus
        if over is not None:
            block /= over
        return block

    return scaled


def _clipped(op: Op, limits: tuple[float, float]) -> Op:
    low, high = limits

    def clipped(block: Array) -> Array:
        block = op(block)
        low_, high_ = block.dtype.type(low), block.dtype.type(high)
        return np.clip(block, low_, high_, out=block)

    return clipped
