"""scikit-learn estimators, from skops, pickle, cloudpickle and joblib files."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats.loading import Loaded, Pick, load_failure
from platformctl_predictors.formats.mlmodel import MLmodel, code_folder
from platformctl_predictors.inputs.batch import Input, Table
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.signature import ANY, Column, Columns, Signature
from platformctl_predictors.outputs.result import Result

BARE_FILES = ("model.joblib", "model.pkl", "model.skops")
"""What a folder without MLmodel may hold; exactly one of them."""

logger = logging.getLogger(__name__)


def load_flavor(model: MLmodel) -> Loaded:
    """The estimator that MLflow's scikit-learn flavour saved.

    Raises:
        Exit: 65 or 66, it cannot be loaded.
    """
    flavor = model.flavors["sklearn"]
    path = model.folder / str(flavor.get("pickled_model") or "model.pkl")
    code = code_folder(model)
    if code is not None:
        sys.path.insert(0, str(code))
    estimator = _load(path, tuple(flavor.get("skops_trusted_types") or ()), model)
    method = str(model.flavors.get("python_function", {}).get("predict_fn") or "predict")
    why = f"scikit-learn flavour of MLmodel: {path.name}, {type(estimator).__name__}.{method}"
    signature = model.signature or _fitted_columns(estimator)
    compute = _compute(_method(estimator, method, path))
    return Loaded(compute, signature, model.output_names, Pick("pipeline", why))


def load_bare(folder: Path) -> Loaded:
    """The estimator of a folder without MLmodel.

    Raises:
        Exit: 65, none or several files, or it cannot be loaded; 66, a library is missing.
    """
    found = [name for name in BARE_FILES if (folder / name).is_file()]
    if len(found) != 1:
        raise Exit(
            Code.MODEL,
            f"{folder} has no MLmodel, and {' and '.join(found) or 'no model file'}; "
            f"it holds: {_listing(folder)}",
            f"exactly one of {', '.join(BARE_FILES)} is needed, or a folder saved by MLflow",
        )
    estimator = _load(folder / found[0], (), None)
    why = f"no MLmodel, so the only model file: {found[0]}, {type(estimator).__name__}.predict"
    compute = _compute(_method(estimator, "predict", folder / found[0]))
    return Loaded(compute, _fitted_columns(estimator), (), Pick("pipeline", why))


def _compute(method: Callable[[Any], object]) -> Callable[[Input], Result]:
    def compute(given: Input) -> Result:
        data = given.data
        return Result(method(frame(data) if isinstance(data, Table) else data))

    return compute


def _load(path: Path, trusted: tuple[str, ...], model: MLmodel | None) -> Any:  # any estimator
    if not path.is_file():
        raise Exit(
            Code.MODEL,
            f"{path} does not exist; the folder holds: {_listing(path.parent)}",
            "copy the model's folder in full",
        )
    try:
        if path.suffix == ".skops":
            return _load_skops(path, trusted)
        return _load_joblib(path)
    except Exception as error:
        logger.exception("%s cannot be loaded", path)
        raise load_failure(str(path), error, model) from error


def _load_skops(path: Path, trusted: tuple[str, ...]) -> Any:  # any estimator
    import skops.io  # takes a second; most models do without
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        return skops.io.load(path, trusted=list(trusted))
    except UntrustedTypesFoundException as error:
        untrusted = sorted(set(skops.io.get_untrusted_types(file=path)) - set(trusted))
        raise Exit(
            Code.MODEL,
            f"{path} holds types that nobody declared as trusted: {', '.join(untrusted)}",
            "review them, then log the model with skops_trusted_types=[...] naming them",
        ) from error


def _load_joblib(path: Path) -> Any:  # any estimator
    """Joblib's loader reads what pickle and cloudpickle wrote, too."""
    import joblib  # imported by what needs it

    return joblib.load(path)


def _method(estimator: object, name: str, path: Path) -> Callable[[Any], object]:
    method = getattr(estimator, name, None)
    if not callable(method):
        raise Exit(
            Code.MODEL,
            f"{path} holds a {type(estimator).__name__}, which has no {name}()",
            "save an estimator that predicts, or serve it with a class of your own",
        )
    return method  # type: ignore[no-any-return]  # callable() says no more than that


def _fitted_columns(estimator: object) -> Signature | None:
    """scikit-learn remembers the columns of the DataFrame that it was fitted with."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return None
    return Columns(tuple(Column(str(name), ANY) for name in names))


def _listing(folder: Path) -> str:
    try:
        return ", ".join(sorted(entry.name for entry in folder.iterdir())) or "nothing"
    except OSError as error:
        return f"nothing readable ({error})"
