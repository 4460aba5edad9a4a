"""A kserve.Model subclass of the user's, by import path."""

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

import kserve


class ClassUnusable(ValueError):
    """The class cannot be imported or constructed; `hint` is the way out."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class ModelUnusable(RuntimeError):
    """The instance could not load."""


def create(class_path: str, folder: str | None, name: str, model_dir: Path) -> Any:  # a kserve.Model, untyped
    """An instance, not loaded yet.

    Args:
        class_path: `package.module:Class`.
        folder: Put first on the search path; None: the search path as it is.
        name: The model's name, the constructor's first argument.
        model_dir: The model's folder, given if the constructor takes `model_dir`.

    Raises:
        ClassUnusable: It cannot be imported, is no kserve.Model, or its constructor raises.
    """
    cls = find(class_path, folder)
    accepts = inspect.signature(cls).parameters
    options = {"model_dir": str(model_dir)} if "model_dir" in accepts else {}
    try:
        return cls(name, **options)
    except Exception as error:
        raise ClassUnusable(
            f"{class_path} cannot be constructed: {type(error).__name__}: {error}",
            "its constructor is called with the model's name, and model_dir= if it takes that",
        ) from error


def find(class_path: str, folder: str | None) -> type[Any]:
    """The class.

    Raises:
        ClassUnusable: It cannot be imported, or is no kserve.Model.
    """
    module_name, _, class_name = class_path.partition(":")
    _search_first(class_path, folder)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise ClassUnusable(
            f"{class_path} cannot be imported: {type(error).__name__}: {error}",
            _import_hint(module_name, folder, error),
        ) from error
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, kserve.Model)):
        what = "does not exist" if found is None else "is not a subclass of kserve.Model"
        raise ClassUnusable(
            f"{class_path}: {class_name} {what} in {module.__file__}",
            f"name one of: {', '.join(_models(module)) or 'none there is a kserve.Model'}",
        )
    return found


def load(model: Any) -> None:  # a kserve.Model, untyped
    """Make the model ready, unless its constructor did.

    Raises:
        ModelUnusable: load() raised, or the model is not ready.
    """
    if model.ready:
        return
    try:
        model.load()
    except Exception as error:
        raise ModelUnusable(f"load() raised {type(error).__name__}: {error}") from error
    if not model.ready:
        raise ModelUnusable("load() returned without setting self.ready to True")


def _search_first(class_path: str, folder: str | None) -> None:
    if folder is None:
        return
    if not Path(folder).is_dir():
        raise ClassUnusable(
            f"{class_path}: its path {folder} is not a folder", "name the folder of its package"
        )
    sys.path.insert(0, folder)


def _import_hint(module_name: str, folder: str | None, error: Exception) -> str:
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and module_name.split(".", maxsplit=1)[0] == missing.split(".")[0]:
        return f"it is looked for in {folder or 'the installed packages'}: set path to its folder"
    if missing:
        return f"install {missing} in the server's environment"
    return "the log has the traceback; importing the module alone must work"


def _models(module: Any) -> list[str]:  # a module
    return sorted(
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, kserve.Model) and value is not kserve.Model
    )
