"""Which loader a model's folder asks for, and what it gives. Imports no kserve."""

from pathlib import Path

from platformctl_predictors.exits import Code, Exit
from platformctl_predictors.formats import mlmodel
from platformctl_predictors.formats.loading import Loaded


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
        from platformctl_predictors.formats import pyfunc  # each loader only where needed

        return pyfunc.load(model)
    from platformctl_predictors.formats import estimators  # each loader only where needed

    return estimators.load_bare(model_dir) if model is None else estimators.load_flavor(model)
