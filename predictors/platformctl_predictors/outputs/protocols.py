"""A result as the answer of each protocol. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from platformctl_predictors.outputs.answers import Output, jsonables, output, outputs, predictions
from platformctl_predictors.outputs.result import Result

_FLOAT64_BYTES = 8


def v1(result: Result) -> dict[str, Any]:
    """The V1 answer, for orjson, which writes NaN and infinities as null.

    Raises:
        Unserializable: The model gave back something that has no JSON.
    """
    answer: dict[str, Any] = {"predictions": _listed(result.predictions)}
    probabilities = result.probabilities
    if isinstance(probabilities, list):
        answer["probabilities"] = [_listed(one) for one in probabilities]
    elif probabilities is not None:
        answer["probabilities"] = _listed(probabilities)
    if result.classes is not None:
        answer["classes"] = result.classes
    return answer


def v2(result: Result, names: Sequence[str]) -> list[Output]:
    """The V2 outputs: the predictions, and `probabilities` and `classes` where there are any.

    Of a model of several outputs they are `probabilities_0`, `probabilities_1` and so on.

    Args:
        result: What the model gave back.
        names: The signature's names of the outputs; used if their number fits.

    Raises:
        Unserializable: There is no tensor for it.
    """
    answer = outputs(result.predictions, names)
    several = isinstance(result.probabilities, list) or _nested(result.classes)
    for name, value in (("probabilities", result.probabilities), ("classes", result.classes)):
        if value is None:
            continue
        if several and isinstance(value, list):
            answer += [output(f"{name}_{index}", item) for index, item in enumerate(value)]
        else:
            answer.append(output(name, value))
    return answer


def _nested(classes: list[Any] | None) -> bool:
    return classes is not None and any(isinstance(labels, list) for labels in classes)


def _listed(value: Any) -> list[Any]:  # any output of a model
    if isinstance(value, np.ndarray) and value.ndim:
        kind = value.dtype.kind
        if kind in "biu" or (kind == "f" and value.dtype.itemsize <= _FLOAT64_BYTES):
            return list(value.tolist())
        if kind in "OU":
            return jsonables(value.tolist())
    return predictions(value)
