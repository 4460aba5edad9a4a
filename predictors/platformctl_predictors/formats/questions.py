"""What an estimator is asked for, and how its answer becomes a Result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.outputs.answers import jsonable
from platformctl_predictors.outputs.result import Result, row_by_row

Ask = Callable[[Any], Result]
"""From what the estimator takes to the result."""


@dataclass(frozen=True, slots=True)
class Question:
    """What an estimator is asked for.

    Args:
        methods: One of the estimator's methods, or two: of the labels and of the probabilities.
        classes: The labels of the probabilities as JSON values, a list an output if there are several;
            None for an estimator that has none.
        with_classes: They belong to the answer.
    """

    methods: tuple[str, ...]
    classes: list[Any] | None
    with_classes: bool

    @property
    def text(self) -> str:
        """For the log."""
        return " and ".join(self.methods)

    def ask(self, estimator: Any) -> Ask:  # a fitted estimator, or one that stands for it
        """What asks an estimator, which has the methods."""
        classes = self.classes if self.with_classes else None
        methods = [getattr(estimator, name) for name in self.methods]
        if len(methods) > 1:
            predict, predict_proba = methods
            return lambda given: Result(predict(given), predict_proba(given), classes)
        (method,) = methods
        if self.methods == ("predict_proba",):
            return lambda given: Result(_rows(method(given)), None, classes)
        return lambda given: Result(method(given))


def question(estimator: object, predict_fn: str, output: str | None, where: str) -> Question:
    """What the settings and the MLmodel ask of an estimator.

    Args:
        estimator: Fitted.
        predict_fn: The method that MLmodel names.
        output: `label`, `probability` or `both` of a classifier; None: what `predict_fn` gives.
        where: The model's file, for a message.

    Raises:
        Exit: 64, `output` is not what the estimator has; 65, it has no such method.
    """
    kind, classes = type(estimator).__name__, _classes(estimator)
    if output is None:
        _require(estimator, predict_fn, where)
        return Question((predict_fn,), classes if predict_fn == "predict_proba" else None, with_classes=False)
    if classes is None:
        raise Exit(
            Code.SETTINGS,
            f"predictor.output: {where} holds a {kind}, which is no classifier: it has no labels and no "
            "probabilities",
            "leave predictor.output out",
        )
    _require(estimator, "predict", where)
    if output == "label":
        return Question(("predict",), None, with_classes=False)
    if not callable(getattr(estimator, "predict_proba", None)):
        raise Exit(
            Code.SETTINGS,
            f"predictor.output: {where} holds a {kind}, which has no predict_proba()",
            "ask for label, or train a classifier that has it: CalibratedClassifierCV gives it to any",
        )
    methods = ("predict_proba",) if output == "probability" else ("predict", "predict_proba")
    return Question(methods, classes, with_classes=True)


def _rows(probabilities: Any) -> Any:  # an array, or one an output
    """Probabilities of several outputs are one array an output: a row has a list of them."""
    return row_by_row(probabilities) if isinstance(probabilities, list) else probabilities


def _require(estimator: object, method: str, where: str) -> None:
    if not callable(getattr(estimator, method, None)):
        raise Exit(
            Code.MODEL,
            f"{where} holds a {type(estimator).__name__}, which has no {method}()",
            "save an estimator that predicts, or serve it with a class of your own",
        )


def _classes(estimator: object) -> list[Any] | None:
    classes = getattr(estimator, "classes_", None)
    return None if classes is None else list(jsonable(classes))
