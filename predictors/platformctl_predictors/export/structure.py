"""What the fitted steps of a pipeline know of each column that goes in: spread, range, categories. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_INNER = ("best_estimator_", "estimator_", "regressor_", "classifier_", "estimator")
_DIVIDE_BY_SPREAD = ("StandardScaler", "RobustScaler")
_MOST_THRESHOLDS = 64


@dataclass
class Facts:
    """What is known of one column.

    Args:
        centers: Means, medians, and what missing values are replaced by.
        spreads: Standard deviations and ranges between quartiles.
        bounds: Values between which the column was seen.
        categories: The categories that encoders know.
        sources: Which steps said so.
    """

    centers: list[float] = field(default_factory=list)
    spreads: list[float] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    categories: list[Any] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)

    @property
    def is_text(self) -> bool:
        """Whether its categories are texts."""
        return any(isinstance(category, str) for category in self.categories)


def facts(estimator: Any, names: Sequence[str] | None, width: int = 0) -> list[Facts]:  # any estimator
    """What is known of each column.

    Args:
        estimator: Fitted.
        names: The columns' names; None: it was fitted with an array.
        width: How many columns, if they have no names.
    """
    found = [Facts() for _ in range(len(names) if names is not None else width)]
    for step, columns in steps(estimator, list(range(len(found))), names):
        for place, column in enumerate(columns):
            if _tell(step, place, found[column]):
                found[column].sources.append(type(step).__name__)
    return found


def steps(
    estimator: Any,  # any estimator, or a word of ColumnTransformer's
    columns: Sequence[int],
    names: Sequence[str] | None,
) -> Iterator[tuple[Any, Sequence[int]]]:
    """Each fitted step that still sees the columns as they came, one for one, and which ones."""
    if isinstance(estimator, str) or estimator is None:
        return
    if hasattr(estimator, "transformers_"):
        for _, inner, wanted in estimator.transformers_:
            chosen = [columns[n] for n in resolved(wanted, columns, names)]
            yield from steps(inner, chosen, names)
    elif hasattr(estimator, "transformer_list"):
        for _, inner in estimator.transformer_list:
            yield from steps(inner, columns, names)
    elif hasattr(estimator, "steps"):
        yield from _in_turn([inner for _, inner in estimator.steps], columns, names)
    else:
        yield estimator, columns
        for name in _INNER:
            inner = getattr(estimator, name, None)
            if hasattr(inner, "fit"):
                yield from steps(inner, columns, names)
                return


def resolved(wanted: Any, columns: Sequence[int], names: Sequence[str] | None) -> list[int]:
    """The places that a ColumnTransformer's selection means: names, numbers, a slice, a mask."""
    here = {names[column]: place for place, column in enumerate(columns)} if names is not None else {}
    if isinstance(wanted, slice):
        if isinstance(wanted.start, str) or isinstance(wanted.stop, str):
            start = here.get(wanted.start, 0)
            stop = here[wanted.stop] + 1 if isinstance(wanted.stop, str) else wanted.stop
            return list(range(len(columns)))[start : stop : wanted.step]
        return list(range(len(columns)))[wanted]
    items = [wanted] if isinstance(wanted, str | int | np.integer) else list(wanted)
    if items and all(isinstance(item, bool | np.bool_) for item in items):
        return [place for place, item in enumerate(items) if item]
    return [here[item] if isinstance(item, str) else int(item) % len(columns) for item in items]


def _in_turn(
    inner: Sequence[Any], columns: Sequence[int], names: Sequence[str] | None
) -> Iterator[tuple[Any, Sequence[int]]]:
    """The steps of a pipeline, up to and with the first that gives other columns than it takes."""
    for step in inner:
        yield from steps(step, columns, names)
        if not (isinstance(step, str) or step is None) and not _keeps_columns(step):
            return


def _keeps_columns(step: Any) -> bool:
    """Whether a step gives its columns as it took them, in their own units; what it adds comes after."""
    if type(step).__name__ != "SimpleImputer":
        return False
    empty = [value for value in step.statistics_.tolist() if value is None or value != value]  # noqa: PLR0124 - NaN
    return not empty


def _tell(step: Any, place: int, known: Facts) -> bool:
    """Note what a step knows of the column at `place` of its own; whether it knew anything."""
    before = len(known.centers) + len(known.spreads) + len(known.bounds) + len(known.categories)
    for name in ("mean_", "center_", "statistics_"):
        known.centers += _number(step, name, place)
    if type(step).__name__ in _DIVIDE_BY_SPREAD:
        known.spreads += _number(step, "scale_", place)
    for name in ("data_min_", "data_max_"):
        known.bounds += _number(step, name, place)
    known.bounds += [sign * largest for largest in _number(step, "max_abs_", place) for sign in (-1, 1)]
    for name in ("bin_edges_", "categories_"):
        values = getattr(step, name, None)
        if isinstance(values, list | np.ndarray) and place < len(values):
            (known.bounds if name == "bin_edges_" else known.categories).extend(_plain(values[place]))
    quantiles = getattr(step, "quantiles_", None)
    if isinstance(quantiles, np.ndarray) and quantiles.ndim == 2:  # noqa: PLR2004 - quantiles by columns
        known.bounds += _plain(quantiles[[0, -1], place])
    known.bounds += _thresholds(step, place)
    after = len(known.centers) + len(known.spreads) + len(known.bounds) + len(known.categories)
    return after > before


def _number(step: Any, name: str, place: int) -> list[float]:
    values = getattr(step, name, None)
    if not isinstance(values, np.ndarray) or values.ndim != 1 or place >= len(values):
        return []
    value = values[place]
    usable = isinstance(value, int | float | np.number) and not isinstance(value, bool) and np.isfinite(value)
    return [float(value)] if usable else []


def _thresholds(step: Any, place: int) -> list[float]:
    """Where the trees of a forest split that column: what is near them decides."""
    trees = [tree for tree in (getattr(step, "tree_", None),) if tree is not None]
    estimators = np.ravel(getattr(step, "estimators_", None) or [])
    trees += [e.tree_ for e in estimators if hasattr(e, "tree_")]
    found = {float(t) for tree in trees for t in tree.threshold[tree.feature == place]}
    for predictors in getattr(step, "_predictors", None) or []:
        for predictor in predictors:
            nodes = predictor.nodes
            split = (nodes["is_leaf"] == 0) & (nodes["feature_idx"] == place)
            found |= {float(t) for t in nodes["num_threshold"][split]}
    ordered = sorted(value for value in found if np.isfinite(value))
    return ordered[:: max(1, len(ordered) // _MOST_THRESHOLDS)] + ordered[-1:]


def _plain(values: Any) -> list[Any]:  # an array of any kind
    return list(np.asarray(values).tolist())
