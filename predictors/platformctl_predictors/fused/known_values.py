"""Which values of each column the encoders of a fitted pipeline know."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import (
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
)
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from platformctl_predictors.fused.outcome import CannotFuse

ENCODERS = (OneHotEncoder, OrdinalEncoder, TargetEncoder)
"""Their output depends on which of the known values it is, and all others are alike."""

SELECTORS = (
    VarianceThreshold,
    SelectKBest,
    SelectPercentile,
    SelectFpr,
    SelectFdr,
    SelectFwe,
    GenericUnivariateSelect,
)
_EACH_VALUE_ALONE = (
    *SELECTORS,
    StandardScaler,
    MinMaxScaler,
    MaxAbsScaler,
    RobustScaler,
    SimpleImputer,
    MissingIndicator,
    Binarizer,
)

Origins = Sequence[int | None]
"""For each column at some step: which column of the request it is, at most with values filled in."""

Note = Callable[[int, Sequence[Any]], None]
Branch = tuple[str, Any, list[int]]


def is_identity(step: Any) -> bool:
    """Whether a step leaves everything as it is."""
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return True
    return type(step) is FunctionTransformer and step.func is None and not step.validate


def is_drop(step: Any) -> bool:
    """Whether the columns of a step are left out."""
    return isinstance(step, str) and step == "drop"


def steps_of(pipeline: Any) -> list[tuple[str, Any]]:
    """The steps of a Pipeline, without those that do nothing."""
    return [(name, step) for name, step in pipeline.steps if not is_identity(step)]


def branches_of(step: Any) -> list[Branch]:
    """The transformers of a fitted ColumnTransformer or FeatureUnion that give columns, in their order.

    Returns:
        Name, transformer, and positions of its columns among those that `step` was fitted with; all of
        them for a FeatureUnion, which is said by an empty list.
    """
    if type(step) is FeatureUnion:
        return [(name, part, []) for name, part in step.transformer_list if not is_drop(part)]
    positions = getattr(step, "_transformer_to_input_indices", None)
    if positions is None:
        raise CannotFuse(type(step).__name__, "this version of scikit-learn keeps its columns elsewhere")
    return [
        (name, part, [int(index) for index in positions[name]])
        for name, part, _ in step.transformers_
        if not is_drop(part) and len(positions[name]) > 0
    ]


def known_values(steps: Sequence[Any], names: Sequence[Any]) -> list[list[Any]]:
    """The values that the encoders behind some steps know.

    Args:
        steps: All but the last of a pipeline.
        names: Of the columns of a request.

    Returns:
        One list a column of the request.
    """
    known: list[list[Any]] = [[] for _ in names]
    fitted = getattr(steps[0], "feature_names_in_", names) if steps else names
    places = {name: index for index, name in enumerate(names)}
    origins: Origins | None = [places.get(name) for name in fitted]
    for step in steps:
        if origins is None:
            break
        origins = _trace(step, origins, lambda column, values: known[column].extend(values))
    return known


def discretises(step: Any) -> bool:
    """Whether a step gives nothing but columns that one column each of its input decides by a lookup.

    That is so if all columns reach an encoder, at most with missing values filled in, and what comes behind
    it takes each value for itself.
    """
    kind = type(step)
    if kind in ENCODERS or kind is MissingIndicator:
        return True
    if kind is Pipeline:
        steps = [part for _, part in steps_of(step)]
        while steps and type(steps[0]) is SimpleImputer:
            steps.pop(0)
        return bool(steps) and discretises(steps[0]) and all(map(_is_columnwise, steps[1:]))
    if kind in (ColumnTransformer, FeatureUnion):
        return all(discretises(part) for _, part, _ in branches_of(step))
    return False


def _is_columnwise(step: Any) -> bool:
    kind = type(step)
    if kind is Pipeline:
        return all(_is_columnwise(part) for _, part in steps_of(step))
    if kind in (ColumnTransformer, FeatureUnion):
        return all(_is_columnwise(part) for _, part, _ in branches_of(step))
    return is_identity(step) or kind in (*ENCODERS, *_EACH_VALUE_ALONE)


def _trace(step: Any, origins: Origins, note: Note) -> Origins | None:
    """Note the values that encoders know; the origins behind the step, or None if they end here."""
    if is_identity(step):
        return origins
    kind = type(step)
    if kind is Pipeline:
        behind: Origins | None = origins
        for _, part in steps_of(step):
            behind = None if behind is None else _trace(part, behind, note)
        return behind
    if kind in (ColumnTransformer, FeatureUnion):
        return _side_by_side(step, origins, note)
    _note(step, origins, note)
    return _imputed(step, origins) if kind is SimpleImputer else None


def _note(step: Any, origins: Origins, note: Note) -> None:
    """Note the values that a step on columns treats in their own way."""
    values: list[list[Any]] = [[] for _ in origins]
    if type(step) in ENCODERS:
        values = [categories.tolist() for categories in step.categories_]
    elif type(step) in (MissingIndicator, SimpleImputer):
        values = [[step.missing_values] for _ in origins]
    if len(values) != len(origins):
        raise CannotFuse(type(step).__name__, "it was fitted with another number of columns")
    for origin, special in zip(origins, values, strict=True):
        if origin is not None:
            note(origin, special)


def _side_by_side(step: Any, origins: Origins, note: Note) -> Origins | None:
    found: list[int | None] = []
    whole = True
    for _, part, positions in branches_of(step):
        chosen = [origins[position] for position in positions] if positions else origins
        behind = _trace(part, chosen, note)
        whole = whole and behind is not None
        found.extend(behind or ())
    return found if whole else None


def _imputed(step: Any, origins: Origins) -> Origins:
    """An imputer leaves out columns without a statistic, and may add one that says what was missing."""
    kept = list(origins)
    if not step.keep_empty_features:
        kept = [origin for origin, value in zip(origins, step.statistics_, strict=True) if not _is_nan(value)]
    added = step.indicator_.features_ if step.add_indicator else ()
    return [*kept, *(origins[int(position)] for position in added)]


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(np.isnan(value))
