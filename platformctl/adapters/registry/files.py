"""Files on this machine: copying a folder, its digest, and errors that say which file."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from platformctl.domain.errors import NotFound, Refused

_IGNORED = ("__pycache__", ".DS_Store")
_CHUNK_BYTES = 1 << 20


def inside(listed: str) -> PurePosixPath:
    """A relative path that stays below its root, from a name that somebody else chose.

    Raises:
        Refused: It is absolute, climbs, or holds what is no file name.
    """
    path = PurePosixPath(listed)
    if not listed or path.is_absolute() or ".." in path.parts or set("\\\0") & set(listed) or not path.parts:
        raise Refused(
            f"{listed!r} is not a path inside the model",
            hint="if the registry lists it, look at the model's artifacts: it may be there on purpose",
        )
    return path


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the file system refuses into an error that names the file.

    Raises:
        Refused: The disk is full, or the file cannot be read or written.
    """
    try:
        yield
    except shutil.Error as error:
        source, _, reason = error.args[0][0]
        raise Refused(f"{source}: {reason}", hint=f"see to {folder}") from error
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise Refused(
            f"{error.filename or folder}: {error.strerror or error}",
            hint=f"free some space where {folder} is" if full else "check the permissions of that path",
        ) from error


def copy(source: Path, folder: Path) -> None:
    """Copy all files of a folder into another one that exists.

    Raises:
        Refused: Something cannot be read or written.
    """
    with writing(folder):
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_IGNORED))


def read(root: Path, path: str) -> bytes:
    """Read one file below `root`.

    Raises:
        NotFound: It is not there.
        Refused: It cannot be read, or is not below `root`.
    """
    file = root / inside(path)
    if not file.is_file():
        raise NotFound(f"there is no file {path!r} in {root}")
    with writing(file):
        return file.read_bytes()


def digest_of_folder(folder: Path) -> str:
    """SHA-256, in hex, over the sorted relative paths and the bytes of a folder's files.

    `__pycache__` and `.DS_Store` do not count: they come and go without the content changing. Each path
    and each content is preceded by its length, so that no two folders can have the same stream.

    Raises:
        Refused: A file cannot be read.
    """
    digest = hashlib.sha256()
    with writing(folder):
        for relative, file in _files(folder):
            name = relative.as_posix().encode("utf-8", "surrogateescape")
            digest.update(f"{len(name)}:".encode() + name + f"{file.stat().st_size}:".encode())
            with file.open("rb") as content:
                while chunk := content.read(_CHUNK_BYTES):
                    digest.update(chunk)
    return digest.hexdigest()


def _files(folder: Path) -> list[tuple[PurePosixPath, Path]]:
    found = []
    # Links are followed, as they are when the folder is copied.
    for root, folders, names in os.walk(folder, onerror=_fail, followlinks=True):
        folders[:] = [name for name in folders if name not in _IGNORED]
        present = [Path(root, name) for name in names if name not in _IGNORED]
        found += [(PurePosixPath(*file.relative_to(folder).parts), file) for file in present]
    return sorted(found, key=lambda pair: pair[0].as_posix())


def _fail(error: OSError) -> None:
    raise error
