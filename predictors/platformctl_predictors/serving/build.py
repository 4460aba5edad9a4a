"""From settings to a model that is ready to answer."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import kserve

from platformctl_predictors.formats.loading import Pick
from platformctl_predictors.formats.picking import pick
from platformctl_predictors.inputs.signature import Signature
from platformctl_predictors.serving.metrics.recorder import Recorder
from platformctl_predictors.settings import (
    ClassPredictor,
    FeatureTransformer,
    RemotePredictor,
    Settings,
    UserClass,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Built:
    """A model, and how it came about.

    Args:
        model: Answers requests.
        predictor: The part of it that the input example is for.
        pick: What serves, and why.
        recorder: What counts.
        signature: What callers send; None: it is not known.
        check: Awaited before the warm-up, in the loop that serves: finds what only a try can, and raises
            Exit. None: there is nothing to try.
    """

    model: kserve.Model
    predictor: Any  # a kserve.Model with `calls`, which says whether requests share them
    pick: Pick
    recorder: Recorder
    signature: Signature | None = None
    check: Callable[[], Awaitable[None]] | None = None


def build(settings: Settings, model_dir: Path) -> Built:
    """Load the predictor, and put the transformer around it.

    Raises:
        Exit: 64 to 66, something cannot be used or loaded.
    """
    wanted = settings.transformer
    transformer: Any = None  # first, as what is wrong with it is found in no time
    if isinstance(wanted, UserClass):
        transformer = _class(wanted, "transformer", settings.model_name, model_dir)
    elif isinstance(wanted, FeatureTransformer):
        from platformctl_predictors.serving import transforming  # only where features are named

        transforming.check(wanted.features)
    recorder = Recorder(settings.model_name, settings.revision)
    predictor, picked = _predictor(settings, model_dir, recorder)
    signature: Signature | None = getattr(predictor, "signature", None)
    if wanted is None:
        return Built(predictor, predictor, picked, recorder, signature)
    from platformctl_transformers import Collocated  # only where there is a transformer

    check = None
    if isinstance(wanted, FeatureTransformer):
        transformer = transforming.make(wanted.features, settings.model_name, signature)
        signature = transforming.expected(transformer)
    else:
        from platformctl_predictors.formats import custom  # only where a class is named

        check = partial(custom.check_transformer, transformer, wanted.class_path, signature)
        signature = None
    model = Collocated(settings.model_name, transformer, predictor)
    return Built(model, predictor, picked, recorder, signature, check)


def _class(wanted: UserClass, where: str, name: str, model_dir: Path) -> Any:  # a kserve.Model, untyped
    from platformctl_predictors.formats import custom  # only where a class is named

    logger.info("%s: %s, by the settings", where, wanted.class_path)
    return custom.make(wanted, where, name, model_dir)


def _predictor(settings: Settings, model_dir: Path, recorder: Recorder) -> tuple[kserve.Model, Pick]:
    if isinstance(settings.predictor, RemotePredictor):
        return _remote(settings.predictor.address, settings.model_name)
    if isinstance(settings.predictor, ClassPredictor):
        from platformctl_predictors.serving.hosted import Hosted  # only where a class is named

        model = _class(settings.predictor, "predictor", settings.model_name, model_dir)
        hosted = Hosted(model, recorder, settings.batch, settings.limits)
        return hosted, Pick("class", f"{settings.predictor.class_path}, by the settings")
    from platformctl_predictors.serving.predictor import Predictor  # not for a class of the user's

    loaded = pick(model_dir, settings.predictor, settings.gpu)
    logger.info("predictor: %s: %s", loaded.pick.runtime, loaded.pick.why)
    for way in loaded.pick.faster:
        logger.info("faster would be %s; it needs %s", way.runtime, way.needs)
    return Predictor(settings.model_name, loaded, recorder, settings.batch, settings.limits), loaded.pick


def _remote(address: str, name: str) -> tuple[kserve.Model, Pick]:
    from platformctl_predictors.serving.remote.introduction import introduce  # gRPC: only where it is used
    from platformctl_predictors.serving.remote.model import Remote  # likewise

    predictor = Remote(name, address, introduce(address, name))
    return predictor, Pick("remote", f"{address}, by the settings")
