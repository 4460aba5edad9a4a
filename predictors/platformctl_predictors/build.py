"""From settings to a model that is ready to answer."""

import logging
from dataclasses import dataclass
from pathlib import Path

import kserve

from platformctl_predictors import mlmodel
from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.loading import Loaded
from platformctl_predictors.settings import ClassPredictor, Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Built:
    """`model` answers requests; `predictor` is the part of it that the input example is for."""

    model: kserve.Model
    predictor: kserve.Model


def build(settings: Settings, model_dir: Path) -> Built:
    """Load the predictor, and put the transformer around it.

    Raises:
        Exit: 64 to 66, something cannot be used or loaded.
    """
    predictor = _predictor(settings, model_dir)
    if settings.transformer is None:
        return Built(predictor, predictor)
    from platformctl_predictors import custom  # noqa: PLC0415 only where a class is named
    from platformctl_transformers import Collocated  # noqa: PLC0415 only where there is a transformer

    transformer = custom.make(settings.transformer, "transformer", settings.model_name, model_dir)
    return Built(Collocated(settings.model_name, transformer, predictor), predictor)


def pick(model_dir: Path) -> Loaded:
    """Load what lies in a folder by its own description.

    Raises:
        Exit: 65 or 66, there is no such folder, or it cannot be loaded.
    """
    if not model_dir.is_dir():
        raise Exit(
            Code.MODEL,
            f"model_dir: {model_dir} is not a folder",
            "check where the model is mounted, or pass --model-dir",
        )
    model = mlmodel.read(model_dir)
    if model is not None and "sklearn" not in model.flavors:
        from platformctl_predictors import pyfunc  # noqa: PLC0415 each loader only where needed

        return pyfunc.load(model)
    from platformctl_predictors import estimators  # noqa: PLC0415 each loader only where needed

    return estimators.load_bare(model_dir) if model is None else estimators.load_flavor(model)


def _predictor(settings: Settings, model_dir: Path) -> kserve.Model:
    if isinstance(settings.predictor, ClassPredictor):
        from platformctl_predictors import custom  # noqa: PLC0415 only where a class is named

        logger.info("predictor: %s, by the settings", settings.predictor.class_path)
        return custom.make(settings.predictor, "predictor", settings.model_name, model_dir)
    from platformctl_predictors.predictor import Predictor  # noqa: PLC0415 not for a class of the user's

    loaded = pick(model_dir)
    logger.info("predictor: %s", loaded.origin)
    return Predictor(settings.model_name, loaded)
