"""Whether an estimator computes each row from itself alone."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

_THIRD_PARTIES = ("xgboost.sklearn", "lightgbm.sklearn")
"""scikit-learn estimators of other libraries that do."""

_NOT_BY_ROW = {
    "IterativeImputer": "sample_posterior",
    "MiniBatchNMF": None,  # solves for all rows at once, until all have converged
    "NMF": None,
}
"""scikit-learn's own that do not, and the parameter that has to be set for it, if it takes one."""

_FUNCTIONS = {"FunctionTransformer": ("func",), "TransformedTargetRegressor": ("func", "inverse_func")}
_RANDOM_STRATEGIES = ("stratified", "uniform")


def by_row(estimator: object) -> bool:
    """Whether every part of a fitted estimator is known to work row by row.

    Known are scikit-learn's own, and xgboost's and lightgbm's; not functions of the user's, and nothing
    that another library or the user wrote.
    """
    pending, seen = [estimator], set()
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if type(part).__module__.startswith(_THIRD_PARTIES):
            continue
        if not _is_known(part):
            return False
        pending.extend(_inner(vars(part).values()) if hasattr(part, "__dict__") else ())
    return True


def _is_known(part: Any) -> bool:  # any estimator
    kind = type(part)
    if not kind.__module__.startswith("sklearn."):
        return False
    if kind.__name__ in _FUNCTIONS:
        return all(_elementwise(getattr(part, name)) for name in _FUNCTIONS[kind.__name__])
    if kind.__name__ in _NOT_BY_ROW:
        needs = _NOT_BY_ROW[kind.__name__]
        return needs is not None and not getattr(part, needs)
    return getattr(part, "strategy", None) not in _RANDOM_STRATEGIES  # those of the dummies


def _elementwise(function: object) -> bool:
    """Functions of numpy on elements, scikit-learn's own, and none at all."""
    while isinstance(function, partial):
        function = function.func
    own = str(getattr(function, "__module__", "")).startswith("sklearn.")
    return function is None or isinstance(function, np.ufunc) or own


def _inner(values: Any) -> Iterator[object]:  # any iterable
    """The estimators among values, and in lists, tuples, mappings and arrays of them."""
    for value in values:
        if isinstance(value, dict):
            yield from _inner(value.values())
        elif isinstance(value, list | tuple):
            yield from _inner(value)
        elif isinstance(value, np.ndarray) and value.dtype == object:
            yield from _inner(value.ravel().tolist())
        elif not isinstance(value, type) and (hasattr(value, "predict") or hasattr(value, "transform")):
            yield value
