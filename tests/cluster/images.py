"""The images that run in the cluster: ours from our Dockerfiles, the others as small as can be.

Each is an archive in the cache, named by all that went into it: what has not changed is not made again.
"""

import fcntl
import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from platformctl.adapters.envoy import binary
from tests.cluster import archive, dockerfiles, image_names
from tests.cluster.places import cache
from tests.images import building


def archives(programs: Mapping[str, Path]) -> dict[str, Path]:
    """The archive of each image, by the image's name; what is not in the cache is made, which takes minutes.

    Args:
        programs: What the components hold, by file name.
    """
    with _alone():
        return {**_single(_of_programs(programs)), **_built()}


def knative_archives(programs: Mapping[str, Path]) -> dict[str, Path]:
    """The archive of each image of Knative, by the image's name: see `archives`."""
    of_knative = {
        reference: {program: programs[f"knative-{program}"]}
        for program, reference in image_names.KNATIVE.items()
    }
    with _alone():
        return _single(of_knative)


@contextmanager
def _alone() -> Iterator[None]:
    """Let nobody else make the same at the same time."""
    folder = cache() / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _single(images: Mapping[str, Mapping[str, Path]]) -> dict[str, Path]:
    """The archives of images that hold one program each, made where they are not there."""
    return {
        reference: _made(reference, _digest(files), partial(_write, reference, files))
        for reference, files in images.items()
    }


def _of_programs(programs: Mapping[str, Path]) -> dict[str, dict[str, Path]]:
    """Images that hold one program and what it is linked with: their files, by path; the program is first."""
    envoy = binary.find()
    return {
        image_names.KSERVE: {"manager": programs["kserve-controller"]},
        image_names.GATEWAY: {"usr/local/bin/envoy-gateway": programs["envoy-gateway"]},
        image_names.METRICS_SERVER: {"metrics-server": programs["metrics-server"]},
        image_names.ENVOY: {"usr/local/bin/envoy": envoy, **_libraries(envoy)},
    }


def _libraries(program: Path) -> dict[str, Path]:
    """The shared libraries that a program needs, by where it looks for them."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return {path.lstrip("/"): Path(path).resolve() for path in re.findall(r"(/\S+) \(0x", said)}


def _write(reference: str, files: Mapping[str, Path], target: Path) -> None:
    archive.image(target, reference, files, [f"/{next(iter(files))}"])


def _digest(files: Mapping[str, Path]) -> str:
    """Of files that have another path, size or date once they are others."""
    total = hashlib.sha256()
    for path, file in files.items():
        known = file.stat()
        total.update(f"{path}\0{file}\0{known.st_size}\0{known.st_mtime_ns}\n".encode())
    return total.hexdigest()[:12]


def _built() -> dict[str, Path]:
    """Those that are built from Dockerfiles, in a place that is made where one of them is not there."""
    keys = dockerfiles.keys()
    absent = [reference for reference, key in keys.items() if not _file(reference, key).exists()]
    if absent:
        with building.place() as place:
            base = _file(image_names.PYTHON, keys[image_names.PYTHON])
            shop = dockerfiles.Workshop(place, base if base.exists() else None)
            for reference in absent:
                _made(reference, keys[reference], partial(shop.save, reference))
    return {reference: _file(reference, key) for reference, key in keys.items()}


def _file(reference: str, key: str) -> Path:
    name, _, tag = reference.rpartition("/")[2].partition(":")
    return cache() / "images" / f"{name}-{tag}-{key}.tar"


def _made(reference: str, key: str, write: Callable[[Path], object]) -> Path:
    file = _file(reference, key)
    if file.exists():
        return file
    began = time.monotonic()
    with _replacing(file) as temporary:
        write(temporary)
    said = f"{reference}: made in {time.monotonic() - began:.0f} s"
    print(said, file=sys.stderr, flush=True)  # noqa: T201 - minutes pass, and someone waits
    return file


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """A file to write to, which then takes the place of those with another key."""
    temporary = file.with_suffix(".new")
    try:
        yield temporary
        for old in file.parent.glob(f"{file.stem.rpartition('-')[0]}-*.tar"):
            old.unlink()
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
