"""The files of a revision: complete in their place, or not there."""

import shutil
from collections.abc import Callable
from pathlib import Path

from platformctl.adapters.local.disk import remove_abandoned, sync_files, under_construction, writing
from platformctl.adapters.local.home import Home
from platformctl.domain.errors import Refused
from platformctl.domain.revision import Code, ModelVersion, Revision

Download = Callable[[ModelVersion, Path], None]
Fingerprint = Callable[[str], str]

_PARTS = ("predictor", "transformer")


def model_folder(home: Home, revision: Revision) -> Path:
    """Where a revision's model is."""
    return home.revision(revision.id) / "model"


def code_folder(home: Home, revision: Revision, part: str) -> Path | None:
    """Where the person's class of a part is; None if there is none, or it is installed."""
    code = getattr(revision, part)
    if not isinstance(code, Code) or code.path is None:
        return None
    return home.revision(revision.id) / part


def fetch(home: Home, revision: Revision, download: Download, fingerprint: Fingerprint) -> None:
    """Copy the model and the person's code, unless they are there. Idempotent.

    Raises:
        Refused: The disk will not take them, or the code is not what it was when it was named.
    """
    final = home.revision(revision.id)
    if final.is_dir():
        return
    remove_abandoned(home.revisions)
    with writing(f"the files of {revision.id}", final), under_construction(final) as building:
        (building / "model").mkdir()
        download(revision.model, building / "model")
        for part in _PARTS:
            code = getattr(revision, part)
            if isinstance(code, Code) and code.path is not None:
                _copy_code(code, building / part, fingerprint)
        sync_files(building)


def _copy_code(code: Code, to: Path, fingerprint: Fingerprint) -> None:
    """Copy a person's folder, and make sure that it is the one that the revision was named after."""
    ignored = shutil.ignore_patterns("__pycache__", ".DS_Store")
    try:
        shutil.copytree(str(code.path), to, ignore=ignored)
    except FileNotFoundError as error:
        raise Refused(f"{error.filename} is gone", hint="deploy again") from error
    if code.content is not None and fingerprint(str(to)) != code.content:
        raise Refused(f"{code.path} was changed while it was being deployed", hint="deploy again")


def remove(home: Home, revision: str) -> None:
    """Remove a revision's files; its logs stay. Idempotent."""
    folder = home.revisions / revision
    going = home.revisions / f".removing-{revision}"
    if folder.is_dir():
        shutil.rmtree(going, ignore_errors=True)
        folder.rename(going)  # at once: half a folder must not look like a whole one
    shutil.rmtree(going, ignore_errors=True)
    for record in home.launches.glob(f"{revision}.*"):
        record.unlink(missing_ok=True)
