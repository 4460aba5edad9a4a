"""A small Debian to build on, and the images that platformctl builds on it: once for all tests."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from tests.images import building
from tests.images.container import Place
from tests.install.conftest import install


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    """Where images are built and run, with nothing of this machine's own images in it."""
    if reason := building.absent():
        pytest.skip(reason)
    with building.place() as place:
        yield place


@pytest.fixture(scope="session")
def base(place: Place) -> str:
    """The image that others are built on."""
    return building.base(place)


Build = Callable[..., Sequence[Mapping[str, Any]]]
"""`platformctl image build` with some options; the images that it prints."""


@pytest.fixture(scope="session")
def build(place: Place, base: str, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """As a person has it who installed the wheel, without extras and without a checkout."""
    folder = tmp_path_factory.mktemp("installed")
    uv = Path(sys.executable).with_name("uv")
    place.run(uv, "build", "--quiet", "--wheel", "--out-dir", folder, Path(__file__).parents[2])
    program = install(folder / "venv", folder)

    def run(*options: str) -> Sequence[Mapping[str, Any]]:
        printed = place.run(
            program, *("image", "build", "--tool", "buildah", "--base", base, "-o", "json"), *options
        )
        return list(json.loads(printed)["images"])

    return run


@pytest.fixture(scope="session")
def stock(build: Build) -> dict[str, str]:
    """The stock images, by what they serve."""
    return {image["kind"]: image["reference"] for image in build()}


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model: is the balance positive?"""
    folder = tmp_path_factory.mktemp("model")
    rows = pd.DataFrame(np.random.default_rng(4).normal(size=(200, 2)), columns=["balance", "age"])
    joblib.dump(LogisticRegression().fit(rows, rows.balance > 0), folder / "model.joblib")
    folder.chmod(0o755)  # pytest's folders are their owner's alone, and a container's user is another
    return folder
