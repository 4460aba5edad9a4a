"""From a fitted estimator to an ONNX graph of two input tensors, in single, mixed or double precision."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import onnx
from skl2onnx import convert_sklearn, get_model_alias
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from sklearn.pipeline import Pipeline

from platformctl_predictors.export import converters, graph, texts
from platformctl_predictors.export.errors import Unexportable
from platformctl_predictors.formats.onnx_feeds import NUMBERS, TEXTS
from platformctl_predictors.formats.onnx_gate import GateColumn, Precision

OPSETS = {"": 19, "ai.onnx.ml": 3}
"""19 compares strings, which replaces missing ones."""

Labels = Literal["index", "value"]
"""What a classifier's first output is: the label, or its index among the classes."""

_TYPES = {"single": FloatTensorType, "double": DoubleTensorType, "mixed": DoubleTensorType}


def precisions(estimator: Any) -> tuple[Precision, ...]:  # any estimator
    """What is worth a try, the fastest first.

    Trees of scikit-learn compare in single precision themselves: double would only be further away.
    """
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    trees = np.ravel(getattr(last, "estimators_", [last]))
    double: tuple[Precision, ...] = () if all(hasattr(tree, "tree_") for tree in trees) else ("double",)
    if isinstance(estimator, Pipeline) and len(estimator.steps) > 1:
        return ("single", "mixed", *double)
    return ("single", *double)


def convert(
    estimator: Any,  # any estimator
    columns: Sequence[GateColumn] | None,
    width: int,
    precision: Precision,
    labels: Labels,
) -> onnx.ModelProto:
    """Make a graph with the inputs `numbers` and `texts`; its first output is the label or the number.

    Args:
        estimator: Fitted.
        columns: What it takes; None: an array.
        width: How many columns.
        precision: `single`; `double`; or `mixed`: the preprocessing in double, the estimator in single.
        labels: What a classifier's first output is.

    Raises:
        Unexportable: A step cannot be converted; the message names it.
    """
    converters.register()
    marked = texts.with_markers(estimator)
    whole = columns is None or _takes_a_matrix(marked, columns)
    inputs = _inputs(None if whole else columns, width, precision)
    if precision == "mixed":
        first = _converted(marked[:-1], inputs, labels)
        features = FloatTensorType([None, graph.width_of(first.graph.output[0])])
        made = graph.joined(first, _converted(marked[-1], [("features", features)], labels))
    else:
        made = _converted(marked, inputs, labels)
    if columns is None or whole:
        graph.feed_by_matrix(made)
    else:
        named = [(column.tensor, _name(index, column)) for index, column in enumerate(columns)]
        numbers, strings = ([name for tensor, name in named if tensor == t] for t in (NUMBERS, TEXTS))
        graph.feed_by_tensors(made, numbers, strings)
    onnx.checker.check_model(made)
    return made


def unconvertible(estimator: Any) -> list[str]:  # as above
    """The steps that skl2onnx has no converter for, by their place: `columns → region → TargetEncoder`."""
    return [" → ".join(path) for path, step in _placed(estimator, ()) if not _known(step)]


def _takes_a_matrix(estimator: Any, columns: Sequence[GateColumn]) -> bool:
    """Whether all columns are numbers and no step asks for one by its name."""
    if any(column.tensor == TEXTS for column in columns):
        return False
    return not any(hasattr(step, "transformers_") for _, step in _placed(estimator, ()))


def _inputs(columns: Sequence[GateColumn] | None, width: int, precision: Precision) -> list[tuple[str, Any]]:
    number = _TYPES[precision]
    if columns is None:
        return [(NUMBERS, number([None, width]))]
    return [
        (_name(index, column), (number if column.tensor == NUMBERS else StringTensorType)([None, 1]))
        for index, column in enumerate(columns)
    ]


def _name(index: int, column: GateColumn) -> str:
    """What steps ask for: the column's name, if it has one."""
    return f"column {index}" if column.name is None else column.name


def _converted(estimator: Any, inputs: Sequence[tuple[str, Any]], labels: Labels) -> onnx.ModelProto:
    errors = []
    for options in _options(estimator, labels):
        try:
            with _quiet():
                model = convert_sklearn(
                    estimator, initial_types=list(inputs), options=options, target_opset=OPSETS
                )
        except Exception as error:  # noqa: BLE001 - converters raise what they like
            errors.append(error)
        else:
            _declare(model)
            return model
    steps = unconvertible(estimator)
    if steps:
        raise Unexportable(f"skl2onnx has no converter for {', '.join(steps)}") from errors[-1]
    first = (str(errors[-1]).strip().splitlines() or [""])[0]
    raise Unexportable(
        f"skl2onnx cannot convert {_title(estimator)}: {type(errors[-1]).__name__}: {first}"
    ) from errors[-1]


def _declare(model: onnx.ModelProto) -> None:
    """Name the opsets that it was made for; skl2onnx names the oldest that would do for most nodes."""
    del model.opset_import[:]
    model.opset_import.extend(onnx.helper.make_opsetid(*opset) for opset in OPSETS.items())


def _options(estimator: Any, labels: Labels) -> list[dict[Any, Any]]:
    """Probabilities as a tensor and not as mappings, where there are some; labels as they are wanted."""
    if not hasattr(estimator, "classes_"):
        return [{}]
    last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if labels == "index":
        return [{id(last): {"zipmap": False, "nocl": True}}]
    return [{id(last): {"zipmap": False}}, {id(estimator): {"zipmap": False}}, {}]


def _placed(estimator: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each step, and by which names it is reached."""
    if isinstance(estimator, str) or estimator is None:
        return
    if hasattr(estimator, "steps"):
        inner = estimator.steps
    elif hasattr(estimator, "transformers_"):
        yield (*path, _title(estimator)), estimator
        inner = [(name, step) for name, step, _ in estimator.transformers_]
    elif hasattr(estimator, "transformer_list"):
        inner = estimator.transformer_list
    else:
        yield (*path, _title(estimator)), estimator
        return
    for name, step in inner:
        yield from _placed(step, (*path, name))


def _known(step: Any) -> bool:
    try:
        return bool(get_model_alias(type(step)))
    except RuntimeError:
        return False


def _title(estimator: Any) -> str:
    return type(estimator).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """What skl2onnx and scikit-learn tell their developers is not for whoever exports a model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
