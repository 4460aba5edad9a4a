"""Which loader a model's folder asks for, and what it gives. Imports no kserve."""

import logging
from pathlib import Path

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import files, mlmodel, onnx
from platformctl_predictors.formats.loading import Loaded
from platformctl_predictors.formats.mlmodel import MLmodel
from platformctl_predictors.settings import FormatPredictor

logger = logging.getLogger(__name__)


def pick(model_dir: Path, wanted: FormatPredictor, gpu: int = 0) -> Loaded:
    """Load what lies in a folder, as the settings want it; `auto`: by its own description.

    Args:
        model_dir: The model's folder.
        wanted: What the settings say of the predictor.
        gpu: How many GPUs were requested.

    Raises:
        Exit: 64, the settings ask for what the model is not; 65, there is no such folder, or it is
            corrupt; 66, a library or a device is missing, or of another version.
    """
    if not model_dir.is_dir():
        raise Exit(
            Code.MODEL,
            f"model_dir: {model_dir} is not a folder",
            "check where the model is mounted, or pass --model-dir",
        )
    model = mlmodel.read(model_dir)
    if wanted.kind == "onnx":
        return onnx.load(model_dir, model, wanted, gpu)
    if wanted.kind == "pyfunc":
        return _pyfunc(model_dir, model, wanted)
    loaded = _bare(model_dir, wanted, gpu) if model is None else _described(model, wanted, gpu)
    if gpu and loaded.pick.runtime in ("fused", "pipeline"):
        logger.warning("%d GPUs are requested, and scikit-learn uses none", gpu)
    return loaded


def _described(model: MLmodel, wanted: FormatPredictor, gpu: int) -> Loaded:
    if "sklearn" in model.flavors:
        if wanted.kind == "auto":
            export = onnx.exported(model.folder, files.flavor_file(model))
            if export is not None:
                return onnx.load_export(export, model, wanted, gpu)
        from platformctl_predictors.formats import estimators  # each loader only where needed

        return estimators.load_flavor(model, wanted)
    if wanted.kind != "auto":
        raise _not_sklearn(wanted, f"the flavours of {model.folder / 'MLmodel'} are {model.flavor_names}")
    if "onnx" in model.flavors:
        return onnx.load(model.folder, model, wanted, gpu)
    return _pyfunc(model.folder, model, wanted)


def _bare(folder: Path, wanted: FormatPredictor, gpu: int) -> Loaded:
    path = files.bare_file(folder)
    if path.suffix == ".onnx":
        if wanted.kind != "auto":
            raise _not_sklearn(wanted, f"{folder} holds {path.name}")
        return onnx.load(folder, None, wanted, gpu)
    if wanted.kind == "auto":
        export = onnx.exported(folder, path)
        if export is not None:
            return onnx.load_export(export, None, wanted, gpu)
    from platformctl_predictors.formats import estimators  # each loader only where needed

    return estimators.load_bare(path, wanted)


def _pyfunc(folder: Path, model: MLmodel | None, wanted: FormatPredictor) -> Loaded:
    if model is None:
        raise Exit(
            Code.SETTINGS,
            f"predictor.kind is pyfunc, and {folder} has no MLmodel",
            "leave predictor.kind out, or serve a folder that MLflow saved",
        )
    from platformctl_predictors.formats import pyfunc  # each loader only where needed

    return pyfunc.load(model, wanted)


def _not_sklearn(wanted: FormatPredictor, found: str) -> Exit:
    return Exit(
        Code.SETTINGS,
        f"predictor.kind is {wanted.kind}, and there is no scikit-learn model: {found}",
        "leave predictor.kind out: auto takes what is there",
    )
