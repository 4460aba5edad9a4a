"""Images that are built from Dockerfiles by buildah, on a small Debian: ours as the product builds them."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.cluster import image_names
from tests.images import building
from tests.images.container import Place

_ROOT = Path(__file__).parents[2]
_UV = Path(sys.executable).with_name("uv")
_INITIALIZER = Path(__file__).with_name("storage_initializer")
_SECONDS = 3600.0
_COMPRESSION = "zstd"
"""Of the layers: images of half a gigabyte are unpacked each time that a cluster comes up."""


def keys() -> dict[str, str]:
    """For each image a digest of what goes into it; the base, which the others need, is first."""
    base = _digest(building.PACKAGES, _COMPRESSION)
    ours = _digest(base, _pins(), *_sources())
    initializer = _digest(base, *(file.read_text() for file in sorted(_INITIALIZER.iterdir())))
    return {
        image_names.PYTHON: base,
        **dict.fromkeys(image_names.OURS, ours),
        image_names.STORAGE_INITIALIZER: initializer,
    }


def _pins() -> str:
    """What of the lock file gets into our images; the rest of it may change."""
    options = ("--package", "platformctl-predictors", "--extra", "sklearn", "--extra", "onnx", "--no-dev")
    command = [str(_UV), "export", "--quiet", "--frozen", "--no-header", "--no-emit-workspace", *options]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def _sources() -> Iterator[str]:
    """Our own files in them, each with its path."""
    for part in ("predictors", "storage", "transformers"):
        for file in sorted((_ROOT / part).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts and ".egg-info" not in str(file):
                yield f"{file.relative_to(_ROOT)}\n{hashlib.sha256(file.read_bytes()).hexdigest()}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


class Workshop:
    """Builds them.

    Args:
        place: Where.
        base: The archive of the base, where it is there.
    """

    def __init__(self, place: Place, base: Path | None) -> None:
        self._place = place
        if base is None:
            building.base(place)
        else:
            pulled = place.run("buildah", "pull", "--quiet", f"oci-archive:{base}").strip()
            place.run("buildah", "tag", pulled, building.BASE)

    def save(self, reference: str, target: Path) -> None:
        """Build an image, and write its archive."""
        match reference:
            case image_names.PYTHON:
                self._place.run("buildah", "tag", building.BASE, reference)
            case image_names.STORAGE_INITIALIZER:
                self._build_initializer(reference)
            case _:
                self._build_ours()
        to = f"oci-archive:{target}:{reference}"
        self._place.run("buildah", "push", "--quiet", "--compression-format", _COMPRESSION, reference, to)

    def _build_ours(self) -> None:
        """All of them, by the verb that a person has for it; what is there already it leaves."""
        options = ("--tool", "buildah", "--base", building.BASE, "--prefix", image_names.PREFIX, "-o", "json")
        program = (sys.executable, "-m", "platformctl", "image", "build")
        printed = self._place.run(*program, *options, seconds=_SECONDS)
        references = {image["reference"] for image in json.loads(printed)["images"]}
        assert references == set(image_names.OURS)

    def _build_initializer(self, reference: str) -> None:
        """What pip would install is installed here: a build needs no way to the network then."""
        with tempfile.TemporaryDirectory(dir=self._place.folder) as name:
            folder = Path(name, "context")
            shutil.copytree(_INITIALIZER, folder)
            install = (_UV, "pip", "install", "--quiet", "--no-deps", "--target", folder / "packages")
            wheels = ("--python-version", "3.11", "--only-binary", ":all:")
            self._place.run(*install, *wheels, "--requirement", folder / "requirements.txt")
            named = ("--tag", reference, "--build-arg", f"BASE={building.BASE}")
            self._place.run("buildah", "build", "--quiet", *named, folder)
