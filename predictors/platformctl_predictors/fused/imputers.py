"""SimpleImputer on numbers: what is missing is filled in, empty columns are left out, indicators appended."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from platformctl_predictors.fused.pieces import Op
from platformctl_predictors.fused.scalers import Dtype, finite, without_infinity
from platformctl_predictors.inputs.columns import Array


def simple(step: Any, dtype: Dtype) -> Iterator[Op]:
    """SimpleImputer."""
    if dtype.kind not in "fi":
        return
    statistics = np.asarray(step.statistics_, dtype=np.float64)
    kept = np.arange(len(statistics)) if step.keep_empty_features else np.flatnonzero(~np.isnan(statistics))
    flags = np.asarray(step.indicator_.features_) if step.add_indicator else None
    whole = len(kept) == len(statistics)
    is_missing = _is_missing(step.missing_values)
    fill = statistics if dtype.kind == "i" else step.statistics_.astype(dtype)

    def imputed(block: Array) -> Array:
        # Whole numbers with one missing came as floats, and stay floats.
        if block.dtype != dtype and dtype.kind == "f":
            block = block.astype(dtype)
        missing = is_missing(block)
        if missing.any():
            np.copyto(block, fill, where=missing, casting="unsafe")
        if not whole:
            block = block[:, kept]
        return block if flags is None else np.hstack((block, missing[:, flags]))

    yield imputed


def _is_missing(value: Any) -> Callable[[Array], Array]:
    if value is None or value != value:  # noqa: PLR0124 only NaN differs from itself
        return _nan
    return lambda block: np.asarray(finite(block) == value)


def _nan(block: Array) -> Array:
    return np.isnan(without_infinity(block))
