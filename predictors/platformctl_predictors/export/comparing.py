"""How far two models' answers to the same rows are from each other. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from platformctl_predictors.export.answers import Answers
from platformctl_predictors.formats.onnx_gate import Bounds, Counts, Worst
from platformctl_predictors.inputs.columns import Array

_SHOWN = 10


@dataclass(frozen=True)
class Comparison:
    """Row by row.

    Args:
        compared: Shape (n,): rows that both answer.
        unlike: Shape (n,): rows that only one of them answers.
        flipped: Shape (n,): rows whose label differs.
        differences: Shape (n,): the largest difference of a row's scores; infinite for a number against
            none.
    """

    compared: Array
    unlike: Array
    flipped: Array
    differences: Array


def compare(expected: Answers, got: Answers, *, relative: bool) -> Comparison:
    """Compare.

    Args:
        expected: What scikit-learn gives.
        got: What the export gives.
        relative: Whether differences are divided by the standard deviation of the expected scores.
    """
    compared = expected.taken & got.taken
    return Comparison(
        compared=compared,
        unlike=expected.taken != got.taken,
        flipped=compared & _flipped(expected.labels, got.labels, len(compared)),
        differences=np.where(compared, _differences(expected, got, compared, relative=relative), 0.0),
    )


def worse(one: Comparison, other: Comparison) -> Comparison:
    """The worse of two for each row."""
    return Comparison(
        one.compared & other.compared,
        one.unlike | other.unlike,
        one.flipped | other.flipped,
        np.maximum(one.differences, other.differences),
    )


def counts(found: Comparison, bounds: Bounds) -> Counts:
    """The figures that the gate decides by."""
    differences = found.differences[found.compared]
    largest = float(differences.max(initial=0.0))
    return Counts(
        rows=int(found.compared.sum()),
        flips=int(found.flipped.sum()),
        within=int((differences <= bounds.tolerance).sum()),
        beyond=int((differences > bounds.limit).sum()),
        unlike=int(found.unlike.sum()),
        max_difference=largest if np.isfinite(largest) else None,
    )


def worst(
    found: Comparison,
    expected: Answers,
    got: Answers,
    values: Callable[[int], dict[str, Any]],
    bounds: Bounds,
) -> tuple[Worst, ...]:
    """The rows that are furthest apart, the worst first; none of those within the tolerance.

    Args:
        found: How far they are.
        expected: What scikit-learn gives.
        got: What the export gives.
        values: Gives the values of a row by its index.
        bounds: What counts as equal.
    """
    badness = found.differences + 1e9 * found.flipped + 1e12 * found.unlike
    order = np.argsort(-badness, kind="stable")[:_SHOWN]
    return tuple(
        Worst(
            row=int(row),
            values=values(int(row)),
            expected=_shown(expected, row),
            got=_shown(got, row),
            difference=float(found.differences[row]) if np.isfinite(found.differences[row]) else None,
            flipped=bool(found.flipped[row]),
        )
        for row in order
        if badness[row] > bounds.tolerance
    )


def jsonable(value: Any) -> Any:  # a row's value, or a score
    """NaN, infinities and numpy's scalars as JSON has them."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _flipped(expected: Array | None, got: Array | None, count: int) -> Array:
    if expected is None or got is None:
        return np.full(count, fill_value=expected is not got)
    if expected.shape != got.shape:
        return np.ones(count, dtype=bool)
    return np.array((expected != got).any(axis=1), dtype=bool)


def _differences(expected: Answers, got: Answers, compared: Array, *, relative: bool) -> Array:
    count = len(compared)
    if expected.scores is None and got.scores is None:
        return np.zeros(count)
    if expected.scores is None or got.scores is None or expected.scores.shape != got.scores.shape:
        return np.full(count, np.inf)
    with np.errstate(invalid="ignore", over="ignore"):
        differences = np.abs(expected.scores - got.scores)
        same = (expected.scores == got.scores) | (np.isnan(expected.scores) & np.isnan(got.scores))
        if relative:
            spread = np.nanstd(expected.scores[compared], axis=0) if compared.any() else np.ones(1)
            differences /= np.where(np.isfinite(spread) & (spread > 0), spread, 1.0)
    differences = np.where(same, 0.0, np.where(np.isnan(differences), np.inf, differences))
    return np.array(differences.max(axis=1))


def _shown(found: Answers, row: int) -> Any:  # JSON
    if not found.taken[row]:
        return "refused"
    scores = None if found.scores is None else [jsonable(score) for score in found.scores[row].tolist()]
    if found.labels is None:
        return scores
    labels = [jsonable(label) for label in found.labels[row]]
    return {"label": labels[0] if len(labels) == 1 else labels, "scores": scores}
