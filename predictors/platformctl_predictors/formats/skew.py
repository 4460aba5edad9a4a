"""Models that another scikit-learn version trained: refused, or allowed and logged."""

import logging
import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import mlmodel

logger = logging.getLogger(__name__)

_WAYS_OUT = (
    "serve it in an environment of its own, with the versions of its requirements.txt (`platformctl image "
    "build NAME` makes an image of them), or take the risk: predictor.allow_version_skew in the settings, "
    "`platformctl deploy --allow-version-skew`"
)
_RECORDED = re.compile(rb"_sklearn_version.{1,400}?(\d+\.\d+[0-9a-z.]*)", re.DOTALL)
"""The version that each of scikit-learn's estimators carries, as pickle and skops write it."""

_FOR_AUTHORS = (DeprecationWarning, PendingDeprecationWarning, ImportWarning)
"""Warnings that nobody can do anything about who serves a model."""


def check(where: str, trained: str, *, allowed: bool) -> None:
    """Compare the version that trained a model with the one that is installed.

    Args:
        where: What the model is, for the message.
        trained: Version of scikit-learn.
        allowed: A difference is only logged.

    Raises:
        Exit: 66, they differ.
    """
    installed = mlmodel.installed("scikit-learn")
    if installed in (None, trained):  # none: loading will say what is missing
        return
    cause = f"{where} was trained with scikit-learn {trained}, and {installed} is installed"
    if not allowed:
        raise Exit(Code.LIBRARY, cause, _WAYS_OUT)
    logger.warning("%s: allowed by the settings; its predictions may differ", cause)


@contextmanager
def watched(path: Path, *, allowed: bool) -> Iterator[None]:
    """Load a model inside; what it warns of is logged, and another version of scikit-learn refused.

    Raises:
        Exit: 66, the model says that another version trained it.
    """
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")  # whatever the process makes of warnings
            yield
    except Exit:
        raise
    except Exception:
        trained = recorded(path)
        if trained is not None:
            check(str(path), trained, allowed=allowed)
        raise
    versions = [getattr(warning.message, "original_sklearn_version", None) for warning in caught]
    for warning, version in zip(caught, versions, strict=True):
        if version is None and not issubclass(warning.category, _FOR_AUTHORS):
            logger.warning("loading %s: %s: %s", path, warning.category.__name__, warning.message)
    trained = next((version for version in versions if version), None)
    if trained is not None:
        check(str(path), trained, allowed=allowed)


def recorded(path: Path) -> str | None:
    """The version of scikit-learn that a file names, for one that cannot be loaded; None if it names none."""
    try:
        if path.suffix == ".skops":
            with zipfile.ZipFile(path) as archive:
                content = archive.read("schema.json")
        else:
            content = path.read_bytes()
    except (OSError, KeyError, zipfile.BadZipFile):
        return None
    found = _RECORDED.search(content)
    return found[1].decode() if found else None
