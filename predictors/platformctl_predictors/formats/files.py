"""Estimators out of skops, pickle, cloudpickle and joblib files."""

import logging
import sys
from pathlib import Path
from typing import Any

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import skew
from platformctl_predictors.formats.loading import load_failure
from platformctl_predictors.formats.mlmodel import MLmodel, code_folder
from platformctl_predictors.settings import FormatPredictor

BARE_FILES = ("model.joblib", "model.onnx", "model.pkl", "model.skops")
"""What a folder without MLmodel may hold; exactly one of them."""

logger = logging.getLogger(__name__)


def bare_file(folder: Path) -> Path:
    """The only model file of a folder without MLmodel.

    Raises:
        Exit: 65, there is none, or there are several.
    """
    found = [name for name in BARE_FILES if (folder / name).is_file()]
    if len(found) != 1:
        raise Exit(
            Code.MODEL,
            f"{folder} has no MLmodel, and {' and '.join(found) or 'no model file'}; "
            f"it holds: {_listing(folder)}",
            f"exactly one of {', '.join(BARE_FILES)} is needed, or a folder saved by MLflow",
        )
    return folder / found[0]


def flavor_file(model: MLmodel) -> Path:
    """The file of MLflow's scikit-learn flavour."""
    return model.folder / str(model.flavors["sklearn"].get("pickled_model") or "model.pkl")


def estimator(path: Path, model: MLmodel | None, wanted: FormatPredictor) -> Any:  # any estimator
    """What the file holds.

    Args:
        path: The file.
        model: The MLmodel that names it, if there is one.
        wanted: Which types are trusted, and whether another version of scikit-learn is allowed.

    Raises:
        Exit: 65, it is not there, is damaged, or holds types that nobody trusts; 66, a library is
            missing or of another version.
    """
    if not path.is_file():
        raise Exit(
            Code.MODEL,
            f"{path} does not exist; the folder holds: {_listing(path.parent)}",
            "copy the model's folder in full",
        )
    flavor = {} if model is None else model.flavors["sklearn"]
    if flavor.get("sklearn_version"):
        skew.check(str(path), str(flavor["sklearn_version"]), allowed=wanted.allow_version_skew)
    code = None if model is None else code_folder(model)
    if code is not None:
        sys.path.insert(0, str(code))
    trusted = (*(flavor.get("skops_trusted_types") or ()), *wanted.trusted_types)
    try:
        with skew.watched(path, allowed=wanted.allow_version_skew):
            return _skops(path, trusted) if path.suffix == ".skops" else _joblib(path)
    except Exit:
        raise
    except Exception as error:
        logger.exception("%s cannot be loaded", path)
        raise load_failure(str(path), error, model) from error


def _skops(path: Path, trusted: tuple[str, ...]) -> Any:  # any estimator
    import skops.io  # takes a second; most models do without
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return skops.io.load(path, trusted=list(trusted))
    except UntrustedTypesFoundException as error:
        untrusted = sorted(set(skops.io.get_untrusted_types(file=path)) - set(trusted))
        raise Exit(
            Code.MODEL,
            f"{path} holds types that nobody declared as trusted: {', '.join(untrusted)}",
            "review them; then trust them by predictor.trusted_types in the settings (`platformctl deploy "
            f"--trust-type {untrusted[0] if untrusted else 'TYPE'}`), or log the model again with "
            "skops_trusted_types=[...] naming them",
        ) from error


def _joblib(path: Path) -> Any:  # any estimator
    """Joblib's loader reads what pickle and cloudpickle wrote, too."""
    import joblib  # imported by what needs it

    return joblib.load(path)


def _listing(folder: Path) -> str:
    try:
        return ", ".join(sorted(entry.name for entry in folder.iterdir())) or "nothing"
    except OSError as error:
        return f"nothing readable ({error})"
