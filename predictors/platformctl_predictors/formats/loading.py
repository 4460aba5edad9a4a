"""What a loaded model is, and how a failure to load one becomes an exit."""

import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats.mlmodel import MLmodel, version_differences
from platformctl_predictors.inputs.batch import Input
from platformctl_predictors.inputs.signature import Param, Signature
from platformctl_predictors.outputs.result import Result

DAMAGE = (EOFError, pickle.UnpicklingError, zipfile.BadZipFile)
"""Errors that mean a damaged file whatever the versions."""


@dataclass(frozen=True, slots=True)
class Faster:
    """A way to serve the same model faster, and what it takes."""

    runtime: str
    needs: str


@dataclass(frozen=True, slots=True)
class Pick:
    """How a model is served, and why so.

    Args:
        runtime: `fused`, `pipeline`, `onnx`, `pyfunc`, `class` or `remote`.
        why: One sentence.
        faster: What would be faster, best first.
    """

    runtime: str
    why: str
    faster: tuple[Faster, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory, and what the serving core has to know of it.

    Args:
        compute: One call of the model, for at least one row. Called by one thread at a time. Raises
            BadInput where the model itself says that its input is wrong.
        signature: What it takes; None: whatever comes.
        output_names: The signature's names of the outputs, those that have one.
        pick: How it is served, and why.
        by_row: Whether each row is computed from itself alone, so that rows of several requests may
            share a call.
        params: The parameters that the signature knows.
        classes: The labels of the probabilities that `compute` gives, as predictions or beside them, as
            JSON values; a list of such lists for several outputs. None where it gives none.
    """

    compute: Callable[[Input], Result]
    signature: Signature | None
    output_names: tuple[str, ...]
    pick: Pick
    by_row: bool = False
    params: tuple[Param, ...] = ()
    classes: list[Any] | None = None


def load_failure(what: str, error: Exception, model: MLmodel | None) -> Exit:
    """The exit for a model that could not be loaded: 66 if its libraries are not these, else 65."""
    if isinstance(error, Exit):
        return error
    cause = f"{what} cannot be loaded: {type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError):
        return Exit(
            Code.LIBRARY,
            f"{cause}{_difference_text(model)}",
            f"install {error.name or 'the library'} in the server's environment, or log the "
            "model with the code that it needs",
        )
    differences = [] if model is None else version_differences(model)
    if differences and not isinstance(error, DAMAGE):
        return Exit(
            Code.LIBRARY,
            f"{cause}{_difference_text(model)}",
            "serve it with the versions in its requirements.txt, or log it again with these",
        )
    return Exit(Code.MODEL, cause, "the file is damaged or of another format: log or copy the model again")


def _difference_text(model: MLmodel | None) -> str:
    differences = [] if model is None else version_differences(model)
    return f" ({'; '.join(differences)})" if differences else ""
