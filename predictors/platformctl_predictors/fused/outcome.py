"""What fusing gives: a pipeline that runs on rows, or the step that stands in the way."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from platformctl_predictors.fused.pieces import Plan
from platformctl_predictors.inputs.batch import Table
from platformctl_predictors.inputs.columns import Array

METHODS = ("predict", "predict_proba")
"""What is proven equal; those that the estimator has."""


class CannotFuse(Exception):
    """A step is not understood, or does not do what it should.

    Args:
        step: Its type, behind the names that lead to it: `prepare/text: TfidfVectorizer`.
        reason: What is in the way.
    """

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NotFused:
    """The plain pipeline has to serve.

    Args:
        step: The type of the step, behind the names that lead to it.
        reason: What is in the way.
    """

    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fused:
    """A pipeline without its DataFrames.

    Args:
        estimator: The last step; `predict` and `predict_proba`, as far as it has them, take what
            `transform` gives. All its other attributes are those of the fitted estimator.
        summary: Which steps were fused, and on how many rows they were proven equal.
        plan: What runs.
        plain: What the steps before the last do; for rows that the plan does not take.
    """

    estimator: Any
    summary: str
    plan: Plan = field(repr=False)
    plain: Callable[[Table], Any] = field(repr=False)

    def transform(self, table: Table) -> Array:
        """What the steps before the last would give to the last.

        Returns:
            Shape (rows, features); a sparse matrix if the pipeline's is one.

        Raises:
            Exception: Whatever the pipeline raises on these rows.
        """
        with suppress(Exception):  # the pipeline itself decides what such a row gives
            return self.plan(table)  # type: ignore[no-any-return]  # scikit-learn is untyped
        return self.plain(table)  # type: ignore[no-any-return]  # as above
