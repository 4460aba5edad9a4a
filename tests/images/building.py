"""Where images are built without a container engine, and the small Debian that they are built on."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.images.container import Place

BASE = "localhost/debian-python:12"
ONLY_HERE = "only-in-this-test.invalid"
"""A setting of the network that builds get, and images must not."""

ROOMY = 12 * 2**30
"""Bytes of free memory in which images are built rather than on the disk: they take 5 GB."""

NEEDED = ("buildah", "debootstrap", "runc")
PACKAGES = "python3,python3-venv,ca-certificates"


def absent() -> str:
    """Why images cannot be built here; empty if they can."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        return f"needs {', '.join(missing)}: apt-get install {' '.join(missing)}"
    return "" if os.getuid() == 0 else "needs root, for debootstrap and runc"


@contextmanager
def place() -> Iterator[Place]:
    """Where images are built and run, with nothing of this machine's own images in it."""
    with TemporaryDirectory(prefix="platformctl-images-", ignore_cleanup_errors=True) as name:
        if _available_memory() > ROOMY:  # half a million small files are written, and removed again
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", name], check=True)
        try:
            yield _furnished(Path(name))
        finally:
            _release(Path(name))


def base(place: Place) -> str:
    """Debian 12 with its Python, as an image: stands for the official one, which no test may depend on."""
    root = place.folder / "debian"
    place.run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", root)
    for cache in ("var/cache/apt", "var/lib/apt/lists"):
        shutil.rmtree(root / cache)
    made = place.run("buildah", "from", "scratch").strip()
    place.run("buildah", "add", "--quiet", made, root, "/")
    place.run("buildah", "commit", "--quiet", "--rm", made, BASE)
    shutil.rmtree(root)
    return BASE


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
