"""From settings to a model that is ready to answer."""

import logging
from dataclasses import dataclass
from pathlib import Path

import kserve

from platformctl_predictors.formats.picking import pick
from platformctl_predictors.settings import ClassPredictor, Settings, UserClass

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
    transformer = _transformer(settings, model_dir)  # first: a wrong class is found in no time
    predictor = _predictor(settings, model_dir)
    if transformer is None:
        return Built(predictor, predictor)
    from platformctl_transformers import Collocated  # only where there is a transformer

    return Built(Collocated(settings.model_name, transformer, predictor), predictor)


def _transformer(settings: Settings, model_dir: Path) -> kserve.Model | None:
    if not isinstance(settings.transformer, UserClass):  # features: to come
        return None
    from platformctl_predictors.formats import custom  # only where a class is named

    logger.info("transformer: %s, by the settings", settings.transformer.class_path)
    return custom.make(settings.transformer, "transformer", settings.model_name, model_dir)


def _predictor(settings: Settings, model_dir: Path) -> kserve.Model:
    if isinstance(settings.predictor, ClassPredictor):
        from platformctl_predictors.formats import custom  # only where a class is named

        logger.info("predictor: %s, by the settings", settings.predictor.class_path)
        return custom.make(settings.predictor, "predictor", settings.model_name, model_dir)
    from platformctl_predictors.serving.predictor import Predictor  # not for a class of the user's

    loaded = pick(model_dir)
    logger.info("predictor: %s: %s", loaded.pick.runtime, loaded.pick.why)
    return Predictor(settings.model_name, loaded)
