"""Writing files so that nobody ever reads half of one, and saying so when the disk will not take them."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from platformctl.domain.errors import Refused

_HINTS = {
    errno.ENOSPC: "free some space, or choose another folder with --home",
    errno.EDQUOT: "the quota is used up: free some space, or choose another folder with --home",
    errno.EROFS: "the file system is read-only: choose another folder with --home",
    errno.EACCES: "it belongs to somebody else: choose another folder with --home",
    errno.EPERM: "it belongs to somebody else: choose another folder with --home",
}


@contextlib.contextmanager
def writing(what: str, path: Path) -> Iterator[None]:
    """Turn what a disk refuses into an error that a person can act on.

    Raises:
        Refused: The disk is full or read-only, or the folder is somebody else's.
    """
    try:
        yield
    except OSError as error:
        raise refusal(what, path, error) from error


def refusal(what: str, path: Path, error: OSError) -> Refused:
    """Say what could not be written, where and why."""
    return Refused(
        f"{what} could not be written to {path}: {error.strerror or error}",
        hint=_HINTS.get(error.errno or 0, "look at the folder, or choose another one with --home"),
    )


def replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole: after a crash at any moment it is the old one or the new one.

    Only under a lock: what a writer that was killed had begun is overwritten by the next one.

    Raises:
        OSError: The disk will not take it; the old file is untouched.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def replace_if_changed(path: Path, content: bytes) -> None:
    """Replace a derived file only if it says something else: saves the disk's sync."""
    if not path.is_file() or path.read_bytes() != content:
        replace(path, content)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(folder: Path) -> None:
    """Make the files below a folder survive a power cut, before the folder gets its final name."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def publish_folder(built: Path, final: Path) -> None:
    """Rename a complete folder to its place; if somebody else was first, theirs stays."""
    try:
        built.rename(final)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise
        shutil.rmtree(built, ignore_errors=True)
    sync_folder(final.parent)


@contextlib.contextmanager
def under_construction(final: Path) -> Iterator[Path]:
    """A folder beside `final` to build in; renamed to `final` at the end, removed on any error."""
    building = final.with_name(f".building-{os.getpid()}-{final.name}")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        yield building
        publish_folder(building, final)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def remove_abandoned(parent: Path) -> None:
    """Remove what a builder that was killed left in `parent`."""
    for folder in parent.glob(".building-*"):
        pid = folder.name.split("-", 2)[1]
        if not pid.isdigit() or not _runs(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
