"""Calls of a model of ours."""

from collections.abc import Hashable, Sequence

from platformctl_predictors.formats.loading import Loaded
from platformctl_predictors.inputs.batch import Input, join
from platformctl_predictors.outputs.result import Result
from platformctl_predictors.serving.metrics.scores import Scores
from platformctl_predictors.serving.queue.calls import SharedCalls


class ModelCalls(SharedCalls[Input, Result]):
    """How the engine calls a loaded model.

    Args:
        loaded: The model.
        scores: Gets the results.
        by_row: Whether each row is computed from itself alone.
    """

    def __init__(self, loaded: Loaded, scores: Scores, *, by_row: bool) -> None:
        super().__init__(by_row=by_row)
        self._compute = loaded.compute
        self._scores = scores
        scores.classes = loaded.classes

    def _key(self, work: Input) -> Hashable:
        return work.key

    def _together(self, batch: Sequence[Input]) -> list[Result]:
        whole = join(batch)
        result = self._compute(whole)
        answers = []
        start = 0
        for given in batch:
            stop = start + given.count
            answers.append(result.part(start, stop, whole.count))
            start = stop
        self._scores.leave(result)
        return answers

    def _alone(self, work: Input) -> Result:
        result = self._compute(work)
        self._scores.leave(result)
        return result
