"""What a loaded model is, and how a failure to load one becomes an exit."""

import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.frames import ModelInput
from platformctl_predictors.mlmodel import MLmodel, version_differences
from platformctl_predictors.signature import Signature

DAMAGE = (EOFError, pickle.UnpicklingError, zipfile.BadZipFile)
"""Errors that mean a damaged file whatever the versions."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory.

    `predict` takes what frames.py and tensors.py make for `signature`, and raises BadInput where
    the model itself says that its input is wrong.
    """

    predict: Callable[[ModelInput], object]
    signature: Signature | None
    output_names: tuple[str, ...]
    origin: str
    """What was picked and why, for the log."""


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
