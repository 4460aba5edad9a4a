"""What one call of a model gave back. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from platformctl_predictors.inputs.columns import Array


class NotByRow(ValueError):
    """The model's output has no part that belongs to a row."""


@dataclass(slots=True)  # not frozen: that would cost half a microsecond a request
class Result:
    """Predictions, and what belongs to them; not to be changed.

    Args:
        predictions: Whatever the model returns; its first dimension is the rows.
        probabilities: Shape (rows, classes); a model of several outputs has one array an output. None
            where they were not asked for.
        classes: The labels as JSON values, in the order of the probabilities; a list of such lists for
            several outputs. None where they were not asked for.
    """

    predictions: Any
    probabilities: Array | list[Array] | None = None
    classes: list[Any] | None = None

    def part(self, start: int, stop: int, count: int) -> "Result":
        """The rows from `start` up to `stop`, of `count`.

        Raises:
            NotByRow: The output has not as many rows as went in.
        """
        if start == 0 and stop == count:
            return self
        probabilities = self.probabilities
        if isinstance(probabilities, list):
            probabilities = [output[start:stop] for output in probabilities]
        elif probabilities is not None:
            probabilities = probabilities[start:stop]
        return Result(_rows(self.predictions, start, stop, count), probabilities, self.classes)


def row_by_row(probabilities: Sequence[Array]) -> list[list[Any]]:
    """Probabilities of several outputs as predictions: a row has a list of such an output.

    Args:
        probabilities: One array an output, of shape (rows, classes).
    """
    return [list(row) for row in zip(*(output.tolist() for output in probabilities), strict=True)]


def _rows(value: Any, start: int, stop: int, count: int) -> Any:  # any output of a model
    if isinstance(value, dict):
        return {name: _rows(column, start, stop, count) for name, column in value.items()}
    try:
        length = len(value)
    except TypeError:
        length = -1
    if length != count:
        raise NotByRow(f"the model gave {length if length >= 0 else 'one value'} for {count} rows")
    return value.iloc[start:stop] if hasattr(value, "iloc") else value[start:stop]
