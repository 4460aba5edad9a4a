"""A small Debian to build on, and the images that platformctl builds on it: once for all tests."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from tests.images.container import Place
from tests.install.conftest import install

BASE = "localhost/debian-python:12"
ONLY_HERE = "only-in-this-test.invalid"
"""A setting of the network that builds get, and images must not."""

ROOMY = 12 * 2**30
"""Bytes of free memory in which images are built rather than on the disk: they take 5 GB."""

_NEEDED = ("buildah", "debootstrap", "runc")
_PACKAGES = "python3,python3-venv,ca-certificates"


@pytest.fixture(scope="session")
def place() -> Iterator[Place]:
    """Where images are built and run, with nothing of this machine's own images in it."""
    absent = [name for name in _NEEDED if shutil.which(name) is None]
    if absent:
        pytest.skip(f"needs {', '.join(absent)}: apt-get install {' '.join(absent)}")
    if os.getuid() != 0:
        pytest.skip("needs root, for debootstrap and runc")
    with TemporaryDirectory(prefix="platformctl-images-", ignore_cleanup_errors=True) as name:
        if _available_memory() > ROOMY:  # half a million small files are written, and removed again
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", name], check=True)
        try:
            yield _furnished(Path(name))
        finally:
            _release(Path(name))


def _furnished(folder: Path) -> Place:
    storage, temporary = folder / "storage.conf", folder / "tmp"
    temporary.mkdir()
    places = f'graphroot = "{folder}/graph"\nrunroot = "{folder}/run"'
    storage.write_text(f'[storage]\ndriver = "{_driver(folder)}"\n{places}\n')
    return Place(
        folder,
        {
            **os.environ,
            "BUILDAH_ISOLATION": "chroot",
            "CONTAINERS_STORAGE_CONF": str(storage),
            "PIP_TRUSTED_HOST": ONLY_HERE,
            "PLATFORMCTL_HOME": str(folder / "home"),
            "TMPDIR": str(temporary),
        },
    )


def _available_memory() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def _driver(folder: Path) -> str:
    """How layers are kept: as differences where the kernel can, else each as a copy of all before it."""
    parts = [folder / "probe" / name for name in ("lower", "upper", "work", "merged")]
    for part in parts:
        part.mkdir(parents=True)
    options = "lowerdir={},upperdir={},workdir={}".format(*parts)
    command = ["mount", "-t", "overlay", "overlay", "-o", options, str(parts[-1])]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        return "vfs"
    subprocess.run(["umount", str(parts[-1])], check=True)
    return "overlay"


def _release(folder: Path) -> None:
    """Unmount what is mounted there, also by a build that was killed: removing the folder would empty it."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    inside = [path for path in mounts if path == str(folder) or path.startswith(f"{folder}/")]
    for mount in sorted(inside, reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False)


@pytest.fixture(scope="session")
def base(place: Place) -> str:
    """Debian 12 with its Python, as an image: stands for the official one, which no test may depend on."""
    root = place.folder / "debian"
    place.run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", root)
    for cache in ("var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(root / cache)
    made = place.run("buildah", "from", "scratch").strip()
    place.run("buildah", "add", "--quiet", made, root, "/")
    place.run("buildah", "commit", "--quiet", "--rm", made, BASE)
    shutil.rmtree(root)
    return BASE


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
