"""Every other flavour, by MLflow's own loader."""

import logging
import os
from collections.abc import Callable
from typing import Any

import pandas as pd

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import skew
from platformctl_predictors.formats.loading import Faster, Loaded, Pick, load_failure
from platformctl_predictors.formats.mlmodel import MLmodel
from platformctl_predictors.inputs.batch import Input, Table
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.frames import frame
from platformctl_predictors.inputs.params import thaw
from platformctl_predictors.outputs.result import Result
from platformctl_predictors.settings import FormatPredictor

logger = logging.getLogger(__name__)

_REFUSALS = (
    "Failed to enforce schema",
    "Failed to validate data against type hint",
    "Invalid parameters found",
)


def load(model: MLmodel, wanted: FormatPredictor) -> Loaded:
    """The model as MLflow's python_function.

    Raises:
        Exit: 64, `output` is given; 65, it has no python_function flavour or is corrupt; 66, a library
            is missing, or scikit-learn is not of the version that trained it.
    """
    if "python_function" not in model.flavors:
        raise Exit(
            Code.MODEL,
            f"{model.folder / 'MLmodel'} has no python_function flavour; it has: {model.flavor_names}",
            "log the model with a flavour that Python can serve",
        )
    if wanted.output is not None:
        raise Exit(
            Code.SETTINGS,
            f"predictor.output: {model.folder} is served by pyfunc, which answers as the model was logged",
            "leave predictor.output out, or log the model with pyfunc_predict_fn or a scikit-learn flavour",
        )
    return Loaded(
        _compute(_load(model, wanted)),
        model.signature,
        model.output_names,
        _pick(model, wanted),
        params=model.params,
    )


def _pick(model: MLmodel, wanted: FormatPredictor) -> Pick:
    loader = model.flavors["python_function"].get("loader_module")
    why = f"python_function flavour of MLmodel, loader {loader}"
    if "sklearn" in model.flavors:
        faster = (Faster("fused", "predictor.kind auto or sklearn"),)
        return Pick("pyfunc", f"{why}: by the settings", faster)
    if wanted.kind == "pyfunc":
        return Pick("pyfunc", f"{why}: by the settings")
    return Pick("pyfunc", f"{why}: no scikit-learn flavour")


def _load(model: MLmodel, wanted: FormatPredictor) -> Any:  # mlflow.pyfunc.PyFuncModel, untyped
    trained = model.flavors.get("sklearn", {}).get("sklearn_version")
    if trained:
        skew.check(str(model.folder), str(trained), allowed=wanted.allow_version_skew)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a server does not phone home
    try:
        import mlflow.pyfunc  # takes seconds; scikit-learn models do without

        with skew.watched(model.folder, allowed=wanted.allow_version_skew):
            return mlflow.pyfunc.load_model(str(model.folder))
    except Exit:
        raise
    except Exception as error:
        logger.exception("%s cannot be loaded", model.folder)
        raise load_failure(str(model.folder), error, model) from error


def _compute(loaded: Any) -> Callable[[Input], Result]:  # as above
    from mlflow.exceptions import MlflowException  # loaded by now

    def compute(given: Input) -> Result:
        data: Any = _frame(given.data) if isinstance(given.data, Table) else given.data
        try:
            return Result(
                loaded.predict(data, params=thaw(given.params)) if given.params else loaded.predict(data)
            )
        except MlflowException as error:
            # MLflow checks the schema, the parameters or the type hint; only that is the caller's mistake.
            if str(error).startswith(_REFUSALS):
                raise BadInput(str(error).rpartition("rror: ")[2], "model") from error
            raise

    return compute


def _frame(table: Table) -> pd.DataFrame:
    """As MLflow has it: an optional column that no row has is not there at all."""
    columns, rows = table.columns, table.rows
    kept = [
        i for i, column in enumerate(columns) if column.required or any(row[i] is not None for row in rows)
    ]
    if len(kept) == len(columns):
        return frame(table)
    if not kept:
        return pd.DataFrame(index=range(len(rows)))
    return frame(Table(tuple(columns[i] for i in kept), [tuple(row[i] for i in kept) for row in rows]))
