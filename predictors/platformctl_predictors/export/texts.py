"""Null among texts: ONNX's strings have no null, so a text of its own stands for it everywhere."""

import copy
import math
from collections.abc import Iterator
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.impute import SimpleImputer

from platformctl_predictors.formats.onnx_feeds import NULL_TEXT
from platformctl_predictors.inputs.columns import object_array

NEVER_TEXT = "\ue001"
"""Stands for what no request can hold: NaN among texts. JSON's null is None there, not NaN."""


def with_markers(estimator: Any) -> Any:  # any estimator
    """A copy of a fitted estimator in which null and NaN among texts are texts."""
    marked = copy.deepcopy(estimator)
    for step in _all_steps(marked, set()):
        categories = getattr(step, "categories_", None)
        if isinstance(categories, list):
            step.categories_ = [_marked(values) for values in categories]
        statistics = getattr(step, "statistics_", None)
        if isinstance(step, SimpleImputer) and statistics is not None and statistics.dtype.kind in "OUS":
            step.missing_values = _marker(step.missing_values)
    return marked


def _all_steps(value: Any, seen: set[int]) -> Iterator[BaseEstimator]:
    """All estimators within an estimator, itself included."""
    if isinstance(value, BaseEstimator):
        if id(value) in seen:
            return
        seen.add(id(value))
        yield value
        value = list(vars(value).values())
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, BaseEstimator | list | tuple | dict):
                yield from _all_steps(item, seen)


def _marked(categories: Any) -> Any:  # an array
    if categories.dtype.kind != "O" or not any(isinstance(item, str) for item in categories.tolist()):
        return categories
    return object_array([_marker(item) for item in categories.tolist()])


def _marker(value: Any) -> Any:  # a category, or what an imputer takes for missing
    if value is None:
        return NULL_TEXT
    return NEVER_TEXT if isinstance(value, float) and math.isnan(value) else value
