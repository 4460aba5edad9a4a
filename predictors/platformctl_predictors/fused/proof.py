"""Whether a fused pipeline is the pipeline: the same bits, and the same refusals."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from platformctl_predictors.fused.comparing import equal, quietly
from platformctl_predictors.fused.layouts import as_array, order_of
from platformctl_predictors.fused.outcome import CannotFuse
from platformctl_predictors.fused.pieces import Plan, Row, is_sparse, to_dense
from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.columns import Array

Compute = Callable[[Table], Any]
Method = Callable[[Any], Any]

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
        self.rows = self._fused(list(rows))
        self._compared: list[tuple[Sequence[Row], Any, Any]] = []

    def steps(self, last: Method) -> None:
        """Hold the plan to what the steps give, in batches of one row, two, several, and all.

        Args:
            last: A method of the last step; rows that it refuses are in batches of their own.

        Raises:
            CannotFuse: They differ; it names row and column.
        """
        taken = self._taken(last)
        known = {id(row) for row in taken}
        refused = [row for row in self.rows if id(row) not in known]
        batches = [taken, taken[:1], taken[len(taken) // 2 :][:2], taken[-_SEVERAL:]]
        for rows in (*batches, *([row] for row in refused[:2]), refused[2:]):
            if not rows:
                continue
            expected = _outcome(self._before, self._table(rows))
            found = _outcome(self._plan, self._table(rows))
            if isinstance(found, Exception):
                continue  # alone, these rows are left to the pipeline
            if isinstance(expected, Exception):
                raise CannotFuse("the pipeline", f"it refuses what the fused steps take: {expected!r}")
            _hold_matrices(expected, found, rows)
            if len(rows) == 1 or rows is not refused[2:]:
                self._compared.append((rows, expected, found))

    def method(self, name: str, whole: Compute, own: Method, fused: Method) -> None:
        """Hold a method of the last step to what the whole pipeline gives.

        Args:
            name: The method.
            whole: That of the whole pipeline; asked for all rows at once.
            own: That of the last step as it was saved, on what the steps before it give; asked for each
                batch.
            fused: That of the last step on what the plan gives.

        Raises:
            CannotFuse: They differ, or one refuses what the other takes.
        """
        for place, (rows, before, matrix) in enumerate(self._compared):
            found = _outcome(fused, matrix)
            expected = _outcome(own, before) if place else _outcome(whole, self._table(rows))
            if isinstance(expected, Exception) or isinstance(found, Exception):
                if type(expected) is not type(found) or str(expected) != str(found):
                    raise CannotFuse(name, f"it gives {found!r:.200}, the pipeline's {expected!r:.200}")
                continue
            several = isinstance(expected, list)
            for one, other in zip(expected, found, strict=True) if several else ((expected, found),):
                _hold(name, np.asarray(one), np.asarray(other), rows)

    def _taken(self, last: Method) -> list[Row]:
        """The rows that the last step takes: all, those without NaN and infinity, or no large ones either."""
        matrix = quietly(self._plan, self._table(self.rows))
        dense = to_dense(matrix)
        choices: list[Array] = [np.ones(len(dense), dtype=bool)]
        if dense.dtype.kind == "f":
            choices.extend(np.all(fits, axis=1) for fits in (np.isfinite(dense), np.abs(dense) < _LARGE))
        for choice in choices:
            if choice.any() and not isinstance(_outcome(last, matrix[choice]), Exception):
                return [row for row, chosen in zip(self.rows, choice, strict=True) if chosen]
        error = _outcome(last, matrix[choices[-1]])
        raise CannotFuse("the last step", f"it refuses what the steps give: {error!r:.200}")

    def _fused(self, rows: list[Row]) -> list[Row]:
        """The rows that the plan does not leave to the pipeline."""
        if not rows or not isinstance(_outcome(self._plan, self._table(rows)), Exception):
            return rows
        half = len(rows) // 2
        return self._fused(rows[:half]) + self._fused(rows[half:]) if half else []

    def _table(self, rows: Sequence[Row]) -> Table:
        return Table(self._plan.columns, list(rows))


def _outcome(call: Callable[[Any], Any], given: Any) -> Any:
    """What a call gives, or the exception that it raises."""
    try:
        return quietly(call, given)
    except Exception as error:  # noqa: BLE001 refusals are compared, too
        return error


def _hold_matrices(expected: Any, found: Any, rows: Sequence[Row]) -> None:
    what = "the steps before the last"
    if is_sparse(expected):
        for one, other in (
            (expected.indptr, found.indptr),
            (expected.indices, found.indices),
            (expected.data, found.data),
        ):
            if one.dtype != other.dtype or not equal(one, other):
                raise CannotFuse("the pipeline", f"{what}: not equal in {len(rows)} rows")
        return
    expected = as_array(expected)
    if expected.dtype.kind == "O":
        expected = expected.astype(np.float64)
    elif order_of(expected) != order_of(found):
        raise CannotFuse("the pipeline", f"{what}: not always of one layout in memory")
    _hold(what, expected, found, rows)


def _hold(what: str, expected: Array, found: Array, rows: Sequence[Row]) -> None:
    if expected.dtype == found.dtype and equal(expected, found):
        return
    where = (
        f"{len(rows)} rows: {expected.dtype}{list(expected.shape)}, fused {found.dtype}{list(found.shape)}"
    )
    if expected.shape == found.shape and expected.dtype == found.dtype:
        differing = [
            place for place in np.ndindex(*expected.shape) if not _alike(expected[place], found[place])
        ]
        if differing:
            place = differing[0]
            where = f"row {rows[place[0]]!r:.300}: {expected[place]!r}, fused {found[place]!r}"
    raise CannotFuse("the pipeline", f"{what}: not equal on {where}")


def _alike(one: Any, other: Any) -> bool:
    return bool(one == other) or bool(one != one and other != other)  # noqa: PLR0124 NaN is NaN
