"""scikit-learn's own complaints about a request's values: the caller's mistake, not the model's."""

import re
from itertools import chain
from math import isfinite
from types import TracebackType
from typing import Any

from platformctl_predictors.inputs.batch import Data, Table
from platformctl_predictors.inputs.columns import FLOAT32_MAX, BadInput

_CHECKS = (
    "sklearn.utils.validation",
    "sklearn.utils._array_api",  # where validation makes its arrays
    "sklearn.preprocessing._encoders",
    "sklearn.impute._base",
)
"""Modules that check what they are given."""

_LONGEST = 200

_NOT_A_NUMBER = re.compile(r"contains (NaN|infinity)")
_OTHERS = re.compile(
    r"Found unknown categories \[(None|nan)(, (None|nan))*\] in column"
    r"|have missing values in transform but have no missing values in fit"
    r"|Negative values in data passed to"
    r"|could not convert string to float"
    r"|Cannot use \w+ strategy with non-numeric data"
    r"|X has \d+ features, but \w+ is expecting \d+ features"
    r"|Expected 2D array, got"
    r"|Found array with dim",
    re.DOTALL,
)


def refusal(error: ValueError, data: Data) -> BadInput | None:
    """The complaint for the caller, if one of scikit-learn's checks refused a value of the request.

    NaN in a request that has none was made by the model itself: that is the model's failure. So is a
    category that it was not trained on: the value is what the signature says, and who sends it has no
    other; the judge of a canary has to see it as an error.

    Args:
        error: What the model raised.
        data: What it was given.
    """
    if _raised_in(error.__traceback__) not in _CHECKS:
        return None
    text = str(error)
    blamed = _is_odd(data) if _NOT_A_NUMBER.search(text) else _OTHERS.search(text) is not None
    return BadInput(f"the model refuses a value: {_short(text)}") if blamed else None


def _short(text: str) -> str:
    """On one line: what was wrong often stands on scikit-learn's second."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _raised_in(traceback: TracebackType | None) -> str:
    """scikit-learn's innermost module: what it calls of numpy and pandas may be further in."""
    module = ""
    while traceback is not None:
        name = str(traceback.tb_frame.f_globals.get("__name__", ""))
        module = name if name.startswith("sklearn.") else module
        traceback = traceback.tb_next
    return module


def _is_odd(data: Data) -> bool:
    """Whether there is a missing value, an infinity, or a number that float32 does not have."""
    if isinstance(data, Table):
        return any(map(_odd, chain.from_iterable(data.rows)))
    if isinstance(data, dict):
        return any(map(_is_odd, data.values()))
    return any(map(_odd, data if isinstance(data, list) else data.ravel().tolist()))


def _odd(value: Any) -> bool:  # a value of a request
    if isinstance(value, int | float):
        return not isfinite(value) or abs(value) > FLOAT32_MAX
    return value is None
