"""What images are made of: the servers, their lock, their Dockerfiles. Laid out as in a checkout."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from platformctl.domain.errors import Refused

PARTS = ("pyproject.toml", "uv.lock", "predictors", "storage", "transformers")
"""Of a checkout. The wheel brings them too (pyproject.toml, force-include)."""

_CHECKOUT = Path(__file__).parents[3]
_BROUGHT = Path(__file__).with_name("context")
_IGNORED = ("__pycache__", "*.egg-info", ".*")


def root() -> Path:
    """The folder that holds them: the checkout that this runs from, else what the wheel brought.

    Raises:
        Refused: The installation is not complete.
    """
    for folder in (_CHECKOUT, _BROUGHT):
        if all((folder / part).exists() for part in PARTS):
            return folder
    raise Refused(
        f"the files that images are made of are not in {_BROUGHT}",
        hint="install platformctl again: from its wheel, or from a checkout",
    )


def digest(folder: Path) -> str:
    """SHA-256 over the paths and contents of all files that would be copied."""
    total = hashlib.sha256()
    for path, file in _files(folder):
        total.update(f"{path}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def assemble(folder: Path, files: Mapping[str, bytes]) -> None:
    """Copy them into an empty folder, with some more beside."""
    for path, file in _files(root()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Each file with its path in the context, by path."""
    for part in PARTS:
        for file in sorted((folder / part).rglob("*")) if (folder / part).is_dir() else [folder / part]:
            path = file.relative_to(folder)
            if file.is_file() and not any(Path(name).match(bad) for name in path.parts for bad in _IGNORED):
                yield path.as_posix(), file
