"""Whether two ways to compute give the same bits."""

import copy
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from platformctl_predictors.fused.pieces import Op, to_dense
from platformctl_predictors.inputs.columns import Array

_PROBES = 40


def quietly(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call gives, without the warnings of the many odd rows that it is asked about."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return call(*arguments)


def equal(one: Array, other: Array) -> bool:
    """Whether two arrays have the same shape and bits; NaN is NaN."""
    if one.shape != other.shape:
        return False
    if one.dtype.kind != "f" or one.dtype != other.dtype:
        return bool(np.array_equal(one, other))
    same = np.ascontiguousarray(one).view(f"i{one.itemsize}") == np.ascontiguousarray(other).view(
        f"i{one.itemsize}"
    )
    return bool(np.all(same | (np.isnan(one) & np.isnan(other))))


def probes(step: Any, given: Array) -> list[Array]:
    """Matrices that the step is tried with: ordinary numbers, with and without NaN."""
    random = np.random.default_rng(0)
    size = (_PROBES, given.shape[1])
    numbers = random.normal(size=size) * 10.0 ** random.integers(-3, 6, size)
    dtype = np.dtype(np.float64) if given.dtype.kind == "O" else given.dtype
    if dtype.kind in "fiu":
        numbers = numbers.astype(dtype)
    probes = [numbers]
    if dtype.kind == "f":
        empty = numbers.copy()
        empty[random.random(size) < 0.3] = getattr(step, "missing_values", np.nan)  # noqa: PLR2004 some
        probes.append(empty)
    return probes


def strained(step: Any) -> Any:
    """The same step with numbers that float32 does not have, so that it shows where it rounds."""
    random = np.random.default_rng(1)
    twin = copy.copy(step)
    for name, value in vars(step).items():
        if isinstance(value, np.ndarray) and value.dtype == np.float64:
            setattr(twin, name, random.uniform(1, 2, value.shape))
    return twin


def agree(op: Op, own: Op, probes: Sequence[Array]) -> bool:
    """Whether an operation does what the step itself does."""
    for probe in probes:
        try:
            expected = to_dense(quietly(own, probe.copy()))
        except Exception:  # noqa: BLE001,S112 it is no probe for this step
            continue
        try:
            found = quietly(op, probe.copy())
        except Exception:  # noqa: BLE001 then the step itself is called
            return False
        if found.dtype != expected.dtype or not equal(found, expected):
            return False
    return True
