"""What a model answers to many rows, those left out that it refuses."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from platformctl_predictors.inputs.columns import Array

BATCH = 1000

Ask = Callable[[Sequence[tuple[Any, ...]]], tuple[Any, Any]]
"""Labels or None, and scores or None, of some rows."""


@dataclass(frozen=True)
class Answers:
    """Answers to n rows.

    Args:
        taken: Shape (n,): False where the row was refused.
        labels: Shape (n, outputs), of objects; None if there are none.
        scores: Shape (n, k): probabilities, or a regressor's numbers; NaN where the row was refused. None
            if there are none.
    """

    taken: Array
    labels: Array | None
    scores: Array | None


def answers(ask: Ask, rows: Sequence[tuple[Any, ...]], batch: int = BATCH) -> Answers:
    """Ask for all rows, `batch` at a time; a refused batch is halved until the row is found."""
    parts = [
        part for start in range(0, len(rows), batch) for part in _asked(ask, rows[start : start + batch])
    ]
    return _joined(parts)


def taken(ask: Ask, rows: Sequence[tuple[Any, ...]]) -> list[bool]:
    """Whether each row is answered."""
    return [bool(is_taken) for is_taken in answers(ask, rows).taken] if rows else []


def _asked(ask: Ask, rows: Sequence[tuple[Any, ...]]) -> list[Answers]:
    try:
        labels, scores = ask(rows)
    except Exception:  # noqa: BLE001 - a model refuses by whatever it raises
        if len(rows) == 1:
            return [Answers(np.array([False]), None, None)]
        half = len(rows) // 2
        return _asked(ask, rows[:half]) + _asked(ask, rows[half:])
    return [Answers(np.ones(len(rows), dtype=bool), _labels(labels), _scores(scores))]


def _joined(parts: Sequence[Answers]) -> Answers:
    return Answers(
        np.concatenate([part.taken for part in parts]),
        _stacked([(part.labels, len(part.taken)) for part in parts], None),
        _stacked([(part.scores, len(part.taken)) for part in parts], np.nan),
    )


def _stacked(parts: Sequence[tuple[Array | None, int]], filler: float | None) -> Array | None:
    """All parts, with a filler where a row was refused; None if no part has any."""
    there = [array for array, _ in parts if array is not None]
    if not there:
        return None
    width, dtype = there[0].shape[1], there[0].dtype
    return np.concatenate(
        [np.full((rows, width), filler, dtype=dtype) if array is None else array for array, rows in parts]
    )


def _labels(labels: Any) -> Array | None:  # whatever a model gives
    if labels is None:
        return None
    array = np.asarray(labels)
    return array.reshape(len(array), -1).astype(object)


def _scores(scores: Any) -> Array | None:  # as above
    """Probabilities of several outputs stand side by side."""
    if scores is None:
        return None
    if isinstance(scores, list):
        return np.hstack([np.asarray(output, dtype=np.float64) for output in scores])
    array = np.asarray(scores, dtype=np.float64)
    return array.reshape(len(array), -1)
