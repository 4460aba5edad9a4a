"""What a model gives out, for drift: a histogram of scores, and how often each class was predicted.

A call only leaves its result here; results are looked at many at a time, by numpy, when a scrape
asks or enough have gathered.
"""

from collections import Counter, deque
from typing import Any

import numpy as np

from platformctl_predictors.inputs.columns import Array
from platformctl_predictors.outputs.result import Result
from platformctl_predictors.serving.metrics.histograms import NUMBERS, PROBABILITIES, Histogram

MOST_PREDICTED = 100
"""Classes with a count of their own."""

MOST_SCORED = 20
"""Classes with a histogram of their own: 22 lines each."""

OTHER = "other"
_GATHERED_ROWS = 4096
_MATRIX = 2


class Scores:
    """Scores by class, and predicted classes. `leave` may be called by any thread, the rest by one."""

    def __init__(self) -> None:
        self.classes: list[Any] | None = None
        """Labels of the probabilities of results that do not name them."""

        self._left: deque[Result] = deque()
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._left.clear()
        self._rows = 0
        self.histograms: dict[str | None, Histogram] = {}
        self.predicted: Counter[str] = Counter()

    def leave(self, result: Result) -> None:
        """One call's result."""
        self._left.append(result)

    def gathered(self, rows: int) -> None:
        """Say how many rows a call had; looks at the results when they are many."""
        self._rows += rows
        if self._rows >= _GATHERED_ROWS:
            self.look()

    def look(self) -> None:
        """Count what was left since the last time."""
        self._rows = 0
        groups: dict[Any, list[Result]] = {}
        while self._left:
            result = self._left.popleft()
            groups.setdefault(_kind(result), []).append(result)
        for results in groups.values():
            self._count(results)

    def _count(self, results: list[Result]) -> None:
        """Results of one kind: their arrays can be put together."""
        first = results[0]
        classes = first.classes or self.classes
        if classes is not None and _scores_of(first, classes) is not None:
            scores = np.concatenate([_scores_of(result, classes) for result in results])
            self._count_scores(scores, classes)
        if isinstance(first.predictions, np.ndarray) and first.predictions.ndim == 1:
            self._count_predictions(np.concatenate([result.predictions for result in results]))

    def _count_scores(self, scores: Array, classes: list[Any]) -> None:
        for index, label in enumerate(classes):
            name = str(label) if index < MOST_SCORED else OTHER
            self._histogram(name).observe_all(scores[:, index])

    def _count_predictions(self, values: Array) -> None:
        if values.dtype.kind == "f":
            self._histogram(None).observe_all(values)
            return
        for label, count in Counter(values.tolist()).items():
            name = str(label)
            known = name in self.predicted or len(self.predicted) < MOST_PREDICTED
            self.predicted[name if known else OTHER] += count

    def _histogram(self, name: str | None) -> Histogram:
        if name not in self.histograms:
            self.histograms[name] = Histogram(NUMBERS if name is None else PROBABILITIES)
        return self.histograms[name]


def _scores_of(result: Result, classes: list[Any]) -> Array | None:
    """Shape (rows, classes); None if there are none, or several outputs."""
    scores = result.predictions if result.probabilities is None else result.probabilities
    if not isinstance(scores, np.ndarray):
        return None
    fits = scores.ndim == _MATRIX and scores.shape[1] == len(classes) and scores.dtype.kind == "f"
    return scores if fits else None


def _kind(result: Result) -> Any:  # hashable
    predictions = result.predictions
    if not isinstance(predictions, np.ndarray):
        return None
    return (predictions.dtype.kind, predictions.shape[1:], result.probabilities is None)
