"""Every other flavour, by MLflow's own loader."""

import logging
import os
from collections.abc import Callable
from typing import Any

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats.loading import Loaded, Pick, load_failure
from platformctl_predictors.formats.mlmodel import MLmodel
from platformctl_predictors.inputs.batch import Input, Table
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.outputs.result import Result

logger = logging.getLogger(__name__)

_REFUSALS = ("Failed to enforce schema", "Failed to validate data against type hint")


def load(model: MLmodel) -> Loaded:
    """The model as MLflow's python_function.

    Raises:
        Exit: 65, it has no python_function flavour or is corrupt; 66, a library is missing.
    """
    if "python_function" not in model.flavors:
        flavors = ", ".join(sorted(model.flavors)) or "none"
        raise Exit(
            Code.MODEL,
            f"{model.folder / 'MLmodel'} has no python_function flavour; it has: {flavors}",
            "log the model with a flavour that Python can serve",
        )
    loader = model.flavors["python_function"].get("loader_module")
    loaded = _load(model)
    return Loaded(
        _compute(loaded),
        model.signature,
        model.output_names,
        Pick("pyfunc", f"python_function flavour of MLmodel, loader {loader}: no scikit-learn flavour"),
    )


def _load(model: MLmodel) -> Any:  # mlflow.pyfunc.PyFuncModel, untyped
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a server does not phone home
    try:
        import mlflow.pyfunc  # takes seconds; scikit-learn models do without

        return mlflow.pyfunc.load_model(str(model.folder))
    except Exception as error:
        logger.exception("%s cannot be loaded", model.folder)
        raise load_failure(str(model.folder), error, model) from error


def _compute(loaded: Any) -> Callable[[Input], Result]:  # as above
    from mlflow.exceptions import MlflowException  # loaded by now

    def compute(given: Input) -> Result:
        data = given.data
        try:
            return Result(loaded.predict(frame(data) if isinstance(data, Table) else data))
        except MlflowException as error:
            # MLflow checks the schema, or the type hint; only that is the caller's mistake.
            if str(error).startswith(_REFUSALS):
                raise BadInput(str(error).rpartition("rror: ")[2]) from error
            raise

    return compute
