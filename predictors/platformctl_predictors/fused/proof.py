"""Whether a fused pipeline is the pipeline: the same bits, and the same refusals."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from platformctl_predictors.fused.others import order_of
from platformctl_predictors.fused.outcome import CannotFuse
from platformctl_predictors.fused.pieces import Plan, Row, to_dense
from platformctl_predictors.fused.walking import equal, quietly
from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.columns import Array

Compute = Callable[[Table], Any]

_SEVERAL = 32
_LARGE = 1e30
"""Below, numbers are finite in any type that a last step computes in."""


class Proof:
    """Compares a plan, and the last step on what it gives, with the plain pipeline.

    Args:
        plan: What runs instead of the steps before the last.
        before: The steps before the last, as they were saved.
        rows: What is compared. Those that the plan leaves to the pipeline need no proof.
    """

    def __init__(self, plan: Plan, before: Compute, rows: Sequence[Row]) -> None:
        self._plan = plan
        self._before = before
        self.rows = self._takes(list(rows))

    def steps(self) -> None:
        """Hold the plan to what the steps give.

        Raises:
            CannotFuse: They differ; it names row and column.
        """
        for rows in _batches(self.rows):
            expected = _outcome(self._before, self._table(rows))
            found = _outcome(self._plan, self._table(rows))
            if isinstance(expected, Exception) or isinstance(found, Exception):
                raise CannotFuse("the pipeline", f"it refuses what the fused steps take: {expected!r}")
            if sparse.issparse(expected):
                _hold("the steps", expected.indptr, found.indptr, rows)
                _hold("the steps", expected.indices, found.indices, rows)
                _hold("the steps", expected.data, found.data, rows)
                continue
            expected = np.asarray(expected)
            if expected.dtype == object:
                expected = expected.astype(np.float64)
            elif order_of(expected) != order_of(found):
                raise CannotFuse("the pipeline", "its matrix lies in memory in another way at times")
            _hold("the steps", expected, found, rows)

    def method(self, name: str, own: Compute, fused: Callable[[Any], Any]) -> None:
        """Hold a method of the last step to what the whole pipeline gives.

        Raises:
            CannotFuse: They differ, or one refuses what the other takes.
        """
        taken = self._taken(fused)
        known = {id(row) for row in taken}
        left = [row for row in self.rows if id(row) not in known]
        for rows in (*_batches(taken), *([row] for row in left[:2])):
            expected = _outcome(own, self._table(rows))
            found = _outcome(fused, quietly(self._plan, self._table(rows)))
            if isinstance(expected, Exception) or isinstance(found, Exception):
                if type(expected) is not type(found) or str(expected) != str(found):
                    raise CannotFuse(name, f"it gives {found!r:.200}, the pipeline's {expected!r:.200}")
                continue
            outputs = [(expected, found)]
            if isinstance(expected, list):
                outputs = list(zip(expected, found, strict=True))
            for one, other in outputs:
                _hold(name, np.asarray(one), np.asarray(other), rows)

    def _taken(self, fused: Callable[[Any], Any]) -> list[Row]:
        """The rows that the last step takes: all, those without NaN and infinity, or no large ones either."""
        matrix = to_dense(quietly(self._plan, self._table(self.rows)))
        choices = [np.ones(len(matrix), dtype=bool)]
        if matrix.dtype.kind == "f":
            choices += [np.isfinite(matrix).all(axis=1), (np.abs(matrix) < _LARGE).all(axis=1)]
        for choice in choices:
            rows = [row for row, chosen in zip(self.rows, choice, strict=True) if chosen]
            if rows and not isinstance(_outcome(fused, quietly(self._plan, self._table(rows))), Exception):
                return rows
        raise CannotFuse("the last step", "it takes no array where the pipeline gives it a DataFrame")

    def _takes(self, rows: list[Row]) -> list[Row]:
        """The rows that the plan does not leave to the pipeline."""
        if not rows or not isinstance(_outcome(self._plan, self._table(rows)), Exception):
            return rows
        half = len(rows) // 2
        return self._takes(rows[:half]) + self._takes(rows[half:]) if half else []

    def _table(self, rows: Sequence[Row]) -> Table:
        return Table(self._plan.columns, list(rows))


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """All at once, one alone, two, and several."""
    yield rows
    yield rows[:1]
    yield rows[len(rows) // 2 :][:2]
    yield rows[-_SEVERAL:]


def _outcome(call: Callable[[Any], Any], given: Any) -> Any:
    """What a call gives, or the exception that it raises."""
    try:
        return quietly(call, given)
    except Exception as error:  # noqa: BLE001 refusals are compared, too
        return error


def _hold(what: str, expected: Array, found: Array, rows: Sequence[Row]) -> None:
    if expected.dtype == found.dtype and equal(expected, found):
        return
    where = f"{len(rows)} rows: {expected.dtype}{list(expected.shape)}, fused {found.dtype}{list(found.shape)}"
    if expected.shape == found.shape and expected.dtype == found.dtype:
        differing = np.argwhere(~((expected == found) | ((expected != expected) & (found != found))))  # noqa: PLR0124
        if len(differing):
            place = tuple(differing[0])
            where = f"row {rows[place[0]]!r:.300}: {expected[place]!r}, fused {found[place]!r}"
    raise CannotFuse("the pipeline", f"{what}: not equal on {where}")
