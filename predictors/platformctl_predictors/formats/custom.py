"""Classes of the user's as predictors and transformers."""

import inspect
import logging
from pathlib import Path
from typing import Any

import kserve

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.inputs.columns import BadInput
from platformctl_predictors.inputs.reading import Reader
from platformctl_predictors.inputs.signature import Signature
from platformctl_predictors.inputs.tensors import Tensor
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


async def check_transformer(
    model: Any,  # a kserve.Model, untyped
    class_path: str,
    signature: Signature | None,
) -> None:
    """Let a transformer make something of its own example, and see whether the predictor takes that.

    Args:
        model: The transformer; its `input_example`, if it has one, is a list of rows as callers send them.
        class_path: What the settings call it.
        signature: What the predictor takes; None: it does not say.

    Raises:
        Exit: 65, it raises, or makes something that the predictor would refuse.
    """
    if getattr(type(model), "preprocess", None) is kserve.Model.preprocess:
        return
    rows = getattr(model, "input_example", None)
    if signature is None or rows is None:
        logger.info("transformer.class %s: what it makes is not checked: %s", class_path, _why_not(rows))
        return
    try:
        made = model.preprocess({"instances": rows}, {})
        made = await made if inspect.isawaitable(made) else made
    except Exception as error:
        logger.exception("%s.preprocess failed on its input_example", class_path)
        raise _unfit(class_path, f"preprocess raised {type(error).__name__}: {error}") from error
    try:
        _read(made, Reader(signature))
    except BadInput as error:
        raise _unfit(class_path, f"the predictor refuses what preprocess makes of it: {error}") from error
    logger.info("transformer.class %s: what it makes of its input_example fits the predictor", class_path)


def _read(made: Any, reader: Reader) -> None:  # whatever preprocess gave
    if isinstance(made, kserve.InferRequest):
        tensors = [Tensor(i.name, tuple(i.shape), i.datatype, i.as_numpy()) for i in made.inputs]
        reader.v2(tensors, made.parameters or {})
    else:
        reader.v1(made)


def _why_not(rows: object) -> str:
    if rows is None:
        return (
            "it has no input_example; as an attribute of the class it is a list of rows as callers send them"
        )
    return "the predictor does not say what it takes"


def _unfit(class_path: str, problem: str) -> Exit:
    return Exit(
        Code.MODEL,
        f"transformer.class {class_path}: with its own input_example, {problem}",
        "correct preprocess or the example; callers would get the same",
    )
