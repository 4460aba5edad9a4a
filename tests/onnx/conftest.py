"""Exports that several tests look at; made once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from platformctl_predictors.export import Asked, GateReport, export_model
from tests.onnx.models import fitted, save

Made = tuple[Any, Path, GateReport]


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Made]:
    """Gives the fitted model of the zoo, the folder with its export, and the report."""
    root, made = tmp_path_factory.mktemp("exports"), dict[str, Made]()

    def export(name: str) -> Made:
        if name not in made:
            model, data = fitted(name)
            folder = save(root / name.replace(" ", "-"), model, data)
            made[name] = (model, folder, export_model(folder, folder, Asked(count=500)))
        return made[name]

    return export
