"""Classes of the user's as predictors and transformers."""

import logging
from pathlib import Path
from typing import Any

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.settings import UserClass
from platformctl_transformers import ClassUnusable, ModelUnusable, create, load

logger = logging.getLogger(__name__)


def make(wanted: UserClass, where: str, name: str, model_dir: Path) -> Any:  # a kserve.Model, untyped
    """An instance of the user's class, loaded.

    Args:
        wanted: The class, and the folder it lies in.
        where: The field of the settings that names it.
        name: The model's name.
        model_dir: Given to the class if its constructor takes `model_dir`.

    Raises:
        Exit: 64, the class cannot be used; 65, its load() failed.
    """
    try:
        model = create(wanted.class_path, wanted.path, name, model_dir)
    except ClassUnusable as error:
        logger.exception("%s cannot be used", wanted.class_path)
        raise Exit(Code.SETTINGS, f"{where}.class: {error}", error.hint) from error
    try:
        load(model)
    except ModelUnusable as error:
        logger.exception("%s.load() failed", wanted.class_path)
        raise Exit(
            Code.MODEL, f"{where}.class {wanted.class_path}: {error}", "see the log for the cause"
        ) from error
    return model
