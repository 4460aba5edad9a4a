"""All that is listed, into a folder; goes on where another run stopped."""

import hashlib
import shutil
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path

from platformctl_storage import listing
from platformctl_storage.exits import Code, Exit
from platformctl_storage.listing import Entry
from platformctl_storage.server import Server

AT_A_TIME = 4
"""Files that are downloaded at a time."""

_PARTS = ".platformctl-storage"
"""Holds what is not complete yet, and whose it is; gone when all is there."""

_DEEPEST = 32


def download(server: Server, source: str, folder: Path) -> list[Entry]:
    """Copy all files of the model into `folder`; answers what they are.

    Args:
        server: Hands them out.
        source: What tells this model from another one, for a run that finds parts of it.
        folder: Is made; of files that are there and are not the model's, nothing is touched.

    Raises:
        Exit: The server does not hand them out, there are none, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parts, begun = _parts(folder, source)
        files = list(_below(server, "", _DEEPEST))
        if not files:
            cause = f"there are no files in {source}"
            raise Exit(Code.MODEL, cause, "was the model deleted? Is it the right server?")
        _all(server, files, folder, parts, begun=begun)
        shutil.rmtree(parts)
    except OSError as error:
        cause = f"{error.filename or folder} cannot be written: {error.strerror or error}"
        raise Exit(Code.FOLDER, cause, "is the volume full, or not writable for user 10001?") from error
    return files


def _parts(folder: Path, source: str) -> tuple[Path, bool]:
    """Where parts are kept, and whether another run has begun with the same model."""
    parts = folder / _PARTS
    whose = parts / "source"
    if whose.is_file() and whose.read_text(encoding="utf-8") == source:
        return parts, True
    if parts.exists():
        shutil.rmtree(parts)
    parts.mkdir()
    whose.write_text(source, encoding="utf-8")
    return parts, False


def _below(server: Server, path: str, depth: int) -> Iterator[Entry]:
    for entry in listing.read(server.listing(path), path):
        if not entry.is_folder:
            yield entry
        elif depth:
            yield from _below(server, entry.path, depth - 1)
        else:
            cause = f"the artifacts are nested more than {_DEEPEST} folders deep, at {entry.path}"
            raise Exit(Code.MODEL, cause, "log the model with fewer folders")


def _all(server: Server, files: list[Entry], folder: Path, parts: Path, *, begun: bool) -> None:
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        tasks = [pool.submit(_one, server, entry, folder, parts, begun=begun) for entry in files]
        done, rest = wait(tasks, return_when=FIRST_EXCEPTION)
        for task in rest:
            task.cancel()
        for task in done:
            task.result()


def _one(server: Server, entry: Entry, folder: Path, parts: Path, *, begun: bool) -> None:
    place = _inside(folder, entry)
    if begun and entry.size is not None and place.is_file() and place.stat().st_size == entry.size:
        return
    part = parts / hashlib.sha256(entry.path.encode()).hexdigest()
    server.save(entry.path, part, entry.size)
    part.replace(place)


def _inside(folder: Path, entry: Entry) -> Path:
    """Where a file belongs, its folder made; links that are there already do not lead elsewhere."""
    place = folder / entry.path
    if not place.parent.resolve().is_relative_to(folder.resolve()):
        cause = f"{place.parent} leads out of {folder}"
        raise Exit(Code.FOLDER, cause, "download into an empty folder")
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
